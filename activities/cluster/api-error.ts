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

/** True when a read may succeed a moment later: the server is away, overloaded, or failed within. */
export function isTransient(error: unknown): boolean {
  return isUnavailable(error) || (error instanceof ApiError && error.status >= 500);
}

/**
 * True when a write may succeed a moment later: the server is away, overloaded, or asks for a retry. Not for a plain 500, which the API
 * server also gives for an object that it cannot decode and for a webhook that fails: retries would hide the reason.
 */
export function isUnavailable(error: unknown): boolean {
  return error instanceof ApiError && unavailable.has(error.status);
}

const unavailable = new Set([0, 429, 502, 503, 504]);
