import { runProgram } from '../resource-server/run-program.ts'
import { byoaTodo } from './server.ts'

runProgram(byoaTodo)
