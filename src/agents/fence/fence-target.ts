/**
 * `absent`: the cloud answered, and it has no such machine. `unknown`: it answered, and cannot tell.
 * A machine that is frozen, starting or stopping is `on`: it runs, or may run again by itself.
 */
export type Power = 'on' | 'off' | 'absent' | 'unknown';

export type Plug = { readonly name: string; readonly power: Power };

/** What can be switched off: one implementation a kind of cloud. A plug is a node's name. */
export type FenceTarget = {
  readonly power: (plug: string) => Promise<Power>;
  /**
   * Resolves only when the cloud, asked afterwards, says that the machine does not run, and says why it cannot.
   * @throws Refusal when that could not be had or not be confirmed
   */
  readonly off: (plug: string) => Promise<'off' | 'absent'>;
  /** Resolves when the cloud has accepted to start it; does not wait for the boot. */
  readonly requestOn: (plug: string) => Promise<void>;
  /** Resolves when it runs. */
  readonly on: (plug: string) => Promise<void>;
  /** Every machine that may be switched, by name. Throws when the credential does not work. */
  readonly list: () => Promise<readonly Plug[]>;
};
