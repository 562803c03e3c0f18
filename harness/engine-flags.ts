/**
 * Flags of V8 for a process that lives for seconds: what the optimising compiler of Node 20 would win
 * comes too late for it. Newer ones choose better by themselves.
 */
export const shortLived: string[] = process.versions.v8.startsWith('11.')
  ? ['--always-sparkplug', '--interrupt-budget=1000000']
  : []

/** For a process that waits for requests most of the time. */
export const mostlyIdle: string[] = ['--optimize-for-size']
