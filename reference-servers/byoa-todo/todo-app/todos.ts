import { randomBytes } from 'node:crypto'

export interface Todo {
  id: string
  title: string
  completed: boolean
  userId: string
}

/** The todos of everybody, in memory. */
export class Todos {
  #todos: Todo[] = [
    { id: 'todo-1', title: 'Review Q4 report', completed: false, userId: '1' },
    { id: 'todo-2', title: 'Update deployment docs', completed: false, userId: '1' },
    { id: 'todo-3', title: 'Fix login bug', completed: true, userId: '2' },
  ]

  list(userId: string): Todo[] {
    return this.#todos.filter((todo) => todo.userId === userId)
  }

  create(userId: string, title: string): Todo {
    const todo = { id: `todo-${randomBytes(4).toString('hex')}`, title, completed: false, userId }
    this.#todos.push(todo)
    return todo
  }

  /** Undefined when there is no such todo; those of others are not there. */
  update(userId: string, id: string, { title, completed }: Partial<Todo>): Todo | undefined {
    const todo = this.#find(userId, id)
    if (todo && title !== undefined) todo.title = title
    if (todo && completed !== undefined) todo.completed = completed
    return todo
  }

  delete(userId: string, id: string): Todo | undefined {
    const deleted = this.#find(userId, id)
    this.#todos = this.#todos.filter((todo) => todo !== deleted)
    return deleted
  }

  #find(userId: string, id: string): Todo | undefined {
    return this.#todos.find((todo) => todo.id === id && this.isOwner(userId, todo))
  }

  protected isOwner(userId: string, todo: Todo): boolean {
    return todo.userId === userId
  }
}
