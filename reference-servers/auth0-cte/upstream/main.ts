import { runProgram } from '../../resource-server/run-program.ts'
import { auth0Api } from './server.ts'

runProgram(auth0Api)
