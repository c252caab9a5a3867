import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** A request as it came in. */
export interface Message {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What of a verified request is acted on. */
export interface Verified {
  /** What filters read as req, as JSON; the body of most senders. */
  readonly payload: Buffer;
  /** The claims of the token; only senders with tokens have any. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** A request that is not taken; its message is told to the sender, so it holds nothing but what the sender knows. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

/** The value of a header; empty where it is not there. */
export function header({ headers }: Message, name: string): string {
  const value = headers[name];
  return typeof value === 'string' ? value : '';
}

/** Compares texts in a time that tells nothing of where they differ. */
export function sameText(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Raises Refusal for an event that is not among the wanted ones, whatever their case; without wanted ones every event is. */
export function checkEvent(event: string, wanted: readonly string[] | undefined): void {
  if (!wanted || wanted.length === 0) return;
  const name = event.toLowerCase();
  if (wanted.some((one) => one.toLowerCase() === name)) return;
  throw new Refusal('the event is none of spec.events');
}

/** The media types of a request, without their parameters. */
export function mediaTypes(message: Message): string[] {
  return header(message, 'content-type')
    .split(',')
    .map((type) => (type.split(';')[0] ?? '').trim().toLowerCase());
}
