/** An answer of a registry that is no success, or that breaks the protocol. The message holds no credentials, and nothing that a registry could have put them into. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  /** Status of the answer; 0 where there was none. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** An address as it may be told: what follows the host comes from registries, and may be a signature or what they were shown. */
export function placeOf({ origin }: URL): string {
  return origin;
}
