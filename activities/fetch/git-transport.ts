import type { PacketReader } from './git-packets.ts';

/** A way to talk to `git-upload-pack` of one repository. */
export interface GitTransport {
  /** What the server tells of itself first; called once. */
  advertisement(): Promise<PacketReader>;
  /** Sends a request and gives the answer to it. */
  send(request: Buffer): Promise<PacketReader>;
  close(): void;
}
