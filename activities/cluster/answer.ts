import type { Dispatcher } from 'undici';
import { ApiError } from './api-error.ts';

/** No answer of an API server that is read as a whole may be larger. */
const maxAnswerBytes = 256 * 1024 * 1024;

/** The body of an answer as text. Raises ApiError where it is too large or breaks off. */
export async function readAnswer(answer: Dispatcher.ResponseData): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxAnswerBytes)
        throw new ApiError(413, 'TooLarge', 'answer of the API server is too large');
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError(0, 'Unreachable', `API server cut the connection: ${messageOf(error)}`);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The body of a good answer as data. Raises ApiError where it is not JSON, and does not repeat it. */
export function parseAnswer(body: string): unknown {
  if (body === '') return {};
  try {
    return JSON.parse(body);
  } catch {
    throw new ApiError(422, 'NoApiServer', 'the answer is not JSON: is the address an API server?');
  }
}

/**
 * The error of an answer that is no success. Only the message of a Status object is told: a kubeconfig may name any server, and what
 * others than an API server answer is not for its author to read.
 */
export function toApiError(status: number, body: string): ApiError {
  const { reason = String(status), message } = statusIn(body);
  const nothing = `HTTP ${status}, without a Status object that tells why`;
  return new ApiError(status, reason, message ?? nothing);
}

/** What an error says of itself. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}

function statusIn(body: string): { reason?: string; message?: string } {
  try {
    const value: unknown = JSON.parse(body);
    const isStatus =
      typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'Status';
    if (!isStatus) return {};
    return {
      ...('reason' in value && typeof value.reason === 'string' ? { reason: value.reason } : {}),
      ...('message' in value && typeof value.message === 'string'
        ? { message: value.message }
        : {}),
    };
  } catch {
    return {};
  }
}
