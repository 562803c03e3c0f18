import { runProgram } from '../resource-server/run-program.ts'
import { localRsa } from './server.ts'

runProgram(localRsa)
