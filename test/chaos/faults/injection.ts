/** A fault as it is done: begins, and gives what ends it. */
export interface Injection {
  /** What no other fault may break at the same time. */
  readonly locks: readonly string[];
  begin(): Promise<() => Promise<void>>;
}
