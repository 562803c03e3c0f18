import { InMemoryTaskStore } from '@modelcontextprotocol/sdk/experimental/tasks/stores/in-memory.js'
import type { TaskStore } from '@modelcontextprotocol/sdk/experimental/tasks/interfaces.js'

/**
 * The tasks of everybody. The SDK tells them apart by session; here it is told their owner instead, so
 * that a user finds a task again in another session (MCP 2025-11-25 tasks, Task Isolation).
 */
export function ownedTasks(
  ownerOf: (session: string | undefined) => string | undefined,
): TaskStore {
  const store = new InMemoryTaskStore()
  return {
    createTask: (task, id, request, session) =>
      store.createTask(task, id, request, ownerOf(session)),
    getTask: (id, session) => store.getTask(id, ownerOf(session)),
    storeTaskResult: (id, status, result, session) =>
      store.storeTaskResult(id, status, result, ownerOf(session)),
    getTaskResult: (id, session) => store.getTaskResult(id, ownerOf(session)),
    updateTaskStatus: (id, status, message, session) =>
      store.updateTaskStatus(id, status, message, ownerOf(session)),
    listTasks: (cursor, session) => store.listTasks(cursor, ownerOf(session)),
  }
}
