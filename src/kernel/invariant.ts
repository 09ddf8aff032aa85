/** A bug of ours when it fails: nothing below `main` catches it. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (condition === false || condition === undefined || condition === null) throw new Error(`bug: ${message}`);
}

/** The end of a `switch` over a union: compiles only when every case was handled. */
export function assertNever(value: never): never {
  throw new Error(`bug: unhandled case ${JSON.stringify(value)}`);
}
