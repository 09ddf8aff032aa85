/**
 * The world said no: a quota, a taken address, a dead API, a full disk. Thrown where the world is
 * touched, translated only at the edges (CLI, service, engine). Programs match on `code`, never on text.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: RefusalCode;
  /** `later`: the same call may succeed without anyone changing anything. `never`: someone must act first. */
  readonly retry: 'later' | 'never';
  /** What the person should do next, one sentence. */
  readonly next: string | undefined;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(
    code: RefusalCode,
    message: string,
    options: {
      readonly retry: 'later' | 'never';
      readonly next?: string;
      readonly data?: Readonly<Record<string, unknown>>;
      readonly cause?: unknown;
    },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retry = options.retry;
    this.next = options.next;
    this.data = options.data ?? {};
  }
}

/** Every way the world may refuse; one line each, so that the CLI's exit codes can cover them all. */
export type RefusalCode =
  | 'INVALID_INPUT' // the arguments or the file; diagnostics in data.diagnostics
  | 'NOT_FOUND' // a deployment, node or image that was named does not exist
  | 'CONFLICT' // something of that name or address exists and is not ours
  | 'ADDRESS_TAKEN'
  | 'QUOTA_EXCEEDED'
  | 'DISK_FULL'
  | 'CLOUD_UNREACHABLE'
  | 'CLOUD_REFUSED' // the cloud answered, and its answer was no
  | 'NODE_UNREACHABLE'
  | 'CLUSTER_REFUSED' // Pacemaker or corosync would not take a change
  | 'IMAGE_MISSING'
  | 'TOOL_MISSING' // a program or privilege of the host
  | 'BUSY' // another quorate works on the same deployment
  | 'STALE_LEASE' // our lease was taken over; we must not change anything any more
  | 'TIMED_OUT'
  | 'INTERRUPTED' // the person stopped us between two steps; the same command continues
  | 'NOT_SUPPORTED'; // known and refused here, with the reason

/** The refusal inside `error`, or undefined when it is a bug. */
export const asRefusal = (error: unknown): Refusal | undefined => (error instanceof Refusal ? error : undefined);
