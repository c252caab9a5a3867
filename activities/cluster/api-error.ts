/** An answer of the API server that is not a success, with the status code and reason of its Status object. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

/** True for the answer 404: the object, or its whole kind, is not there. */
export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

/**
 * True when waiting may help: the server is away, overloaded, or asks for a retry. Not for a plain 500, which the API server also gives
 * for an object that it cannot decode and for a webhook that fails: retries would hide the reason.
 */
export function isTransient(error: unknown): boolean {
  return error instanceof ApiError && transientStatus.has(error.status);
}

const transientStatus = new Set([0, 429, 502, 503, 504]);
