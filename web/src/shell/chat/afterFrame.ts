/** For work nobody waits for: it begins when the frame that is due has been painted and nothing more urgent is left. */
interface Scheduler {
  postTask(run: () => void, options: { priority: 'background' }): Promise<void>
}

/** Some browsers have none. */
const { scheduler } = globalThis as { scheduler?: Scheduler }

export function afterFrame(run: () => void): void {
  requestAnimationFrame(() => {
    // What was pressed, what arrives and what is typed all come before it.
    if (scheduler) void scheduler.postTask(run, { priority: 'background' })
    else setTimeout(run)
  })
}
