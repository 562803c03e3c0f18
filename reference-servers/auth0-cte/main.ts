import { runProgram } from '../resource-server/run-program.ts'
import { auth0Cte } from './server.ts'

runProgram(auth0Cte)
