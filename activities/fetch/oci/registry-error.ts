/** An answer of a registry that is no success, or that breaks the protocol. The message holds no credentials, and no query of a URL. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  /** Status of the answer; 0 where there was none. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** An address as it may be told: what follows the path can be a signature. */
export function plainUrl({ origin, pathname }: URL): string {
  return `${origin}${pathname}`;
}
