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
