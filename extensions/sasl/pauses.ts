// Waiting that ends at once when the server does.

export class Pauses {
  readonly #waiting = new Map<NodeJS.Timeout, () => void>()

  wait(milliseconds: number): Promise<void> {
    if (milliseconds === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(timer)
        resolve()
      }, milliseconds)
      timer.unref()
      this.#waiting.set(timer, resolve)
    })
  }

  stop(): void {
    for (const [timer, resolve] of this.#waiting) {
      clearTimeout(timer)
      resolve()
    }
    this.#waiting.clear()
  }
}
