import { expect, it, vi } from 'vitest'
import { WaitClock } from './wait-clock.ts'

it('counts a moment as waited only while no exchange is under way', async () => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout'] })
  const sleep = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => setTimeout(resolve, milliseconds))
  const clock = new WaitClock()
  const both = Promise.all([clock.wait(() => sleep(1000)), clock.work(() => sleep(300))])
  await vi.advanceTimersByTimeAsync(1000)
  await both
  vi.useRealTimers()
  expect(clock.waited).toBe(700)
})

it('counts what goes on during an outage as waited', async () => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout'] })
  const sleep = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => setTimeout(resolve, milliseconds))
  const clock = new WaitClock()
  const end = clock.beginOutage()
  const during = clock.work(() => sleep(500))
  await vi.advanceTimersByTimeAsync(500)
  await during
  end()
  const after = clock.work(() => sleep(200))
  await vi.advanceTimersByTimeAsync(200)
  await after
  vi.useRealTimers()
  expect(clock.waited).toBe(500)
})
