import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { TargetError } from './target.ts'

/** A file of this machine, and where containers find their copy. */
export interface PlacedFile {
  source: string
  target: string
}

/**
 * This machine as containers see it. What the harness serves keeps to loopback; each port that a
 * container needs gets a door, which listens at one address of this machine and hands connections on.
 */
export class ContainerSide {
  readonly files: PlacedFile[] = []
  /** Where doors listen; null where the engine leads to loopback by itself. */
  readonly address: string | null
  readonly #patience: number
  readonly #wanted = new Set<number>()
  readonly #doors = new Map<number, Promise<Server | null>>()

  /** @param patience milliseconds that the address may take to appear */
  constructor(address: string | null, patience = 0) {
    this.address = address
    this.#patience = patience
  }

  /** Lets containers reach what listens at a port on loopback: at the same port of our name. */
  reach(port: number): void {
    if (this.address === null || this.#wanted.has(port)) return
    this.#wanted.add(port)
    const door = this.#openDoor(this.address, port)
    door.catch(() => undefined)
    this.#doors.set(port, door)
  }

  /** Where containers that start from now on find a copy of this file. */
  place(source: string): string {
    const placed = this.files.find((file) => file.source === source)
    if (placed) return placed.target
    const target = `/mcp-auth-conformance/${this.files.length}/${path.basename(source)}`
    this.files.push({ source, target })
    return target
  }

  /** @throws TargetError when a door cannot be opened at the address */
  async opened(): Promise<void> {
    await Promise.all(this.#doors.values())
  }

  /** Ends what `reach` began. */
  async leave(port: number): Promise<void> {
    this.#wanted.delete(port)
    const door = await this.#doors.get(port)?.catch(() => null)
    this.#doors.delete(port)
    door?.emit('end')
  }

  async close(): Promise<void> {
    await Promise.all([...this.#wanted].map((port) => this.leave(port)))
  }

  /** The bridge of Podman has its address only while a container is on it, so it is waited for. */
  async #openDoor(address: string, port: number): Promise<Server | null> {
    const deadline = performance.now() + this.#patience
    while (this.#wanted.has(port)) {
      const door = createServer({ allowHalfOpen: true }, (socket) => handOn(socket, port))
      try {
        door.listen(port, address)
        await once(door, 'listening')
        return endingWithConnections(door)
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException
        if (code !== 'EADDRNOTAVAIL' || performance.now() > deadline) {
          throw new TargetError(
            `containers are to find the mocks at ${address}, but nothing can listen there (${message}); name by --host-address an address of this machine that they reach`,
          )
        }
        await delay(5)
      }
    }
    return null
  }
}

/** `end` closes the door and whatever went through it. */
function endingWithConnections(door: Server): Server {
  const sockets = new Set<Socket>()
  door.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return door.once('end', () => {
    door.close()
    for (const socket of sockets) socket.destroy()
  })
}

function handOn(outer: Socket, port: number): void {
  const inner = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  outer.pipe(inner).pipe(outer)
  outer.on('error', () => inner.destroy()).on('close', () => inner.destroy())
  // a mock that drops a connection drops it for whoever is outside
  inner.on('error', () => outer.resetAndDestroy()).on('close', () => outer.destroySoon())
}
