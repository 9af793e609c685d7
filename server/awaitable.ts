// A value now or later: what may be synchronous stays synchronous, so the hot path waits for no promise (docs/journey.md).

export type Awaitable<T> = T | Promise<T>

export function isPromise<T>(value: Awaitable<T>): value is Promise<T> {
  return value instanceof Promise
}

/** Goes on with `next` at once if `value` is there, or when it comes. */
export function andThen<T, U>(value: Awaitable<T>, next: (value: T) => Awaitable<U>): Awaitable<U> {
  return isPromise(value) ? value.then(next) : next(value)
}
