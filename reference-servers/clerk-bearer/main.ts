import { runProgram } from '../resource-server/run-program.ts'
import { clerkBearer } from './server.ts'

runProgram(clerkBearer)
