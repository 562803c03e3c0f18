import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { WaitClock } from './wait-clock.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout'] })
})

afterEach(() => {
  vi.useRealTimers()
})

const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))

it('counts a moment as waited only while every task waits', async () => {
  const clock = new WaitClock()
  const waiting = clock.work(() => clock.wait(() => sleep(1000)))
  const working = clock.work(() => sleep(300))
  await vi.advanceTimersByTimeAsync(1000)
  await Promise.all([waiting, working])
  expect(clock.waited).toBe(700)
})

it('counts what a task does after its wait as work', async () => {
  const clock = new WaitClock()
  const task = clock.work(async () => {
    await clock.wait(() => sleep(500))
    await sleep(200)
  })
  await vi.advanceTimersByTimeAsync(700)
  await task
  expect(clock.waited).toBe(500)
})

it('lets a task wait when all of its branches do', async () => {
  const clock = new WaitClock()
  const task = clock.work(() =>
    clock.branch([
      () => clock.wait(() => sleep(1000)),
      async () => {
        await sleep(400)
        await clock.wait(() => sleep(300))
      },
    ]),
  )
  await vi.advanceTimersByTimeAsync(1000)
  await task
  expect(clock.waited).toBe(600)
})
