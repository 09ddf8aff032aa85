/** Where an agent speaks: `out` is read by programs, `log` by people (Pacemaker records it). */
export type AgentIo = {
  readonly out: (text: string) => void;
  /** One line, without its end; never a secret. */
  readonly log: (line: string) => void;
};
