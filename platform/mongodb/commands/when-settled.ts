/** Goes on with a value that is there or yet to come; what is there is used at once, which saves quick commands a turn of the event loop. */
export function whenSettled<T, U>(value: T | Promise<T>, next: (value: T) => U | Promise<U>): U | Promise<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}
