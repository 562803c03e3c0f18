import { runProgram } from '../resource-server/run-program.ts'
import { scalekitGreeting } from './server.ts'

runProgram(scalekitGreeting)
