import { runProgram } from '../../resource-server/run-program.ts'
import { todoApp } from './program.ts'

runProgram(todoApp)
