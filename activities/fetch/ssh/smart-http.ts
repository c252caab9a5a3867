import type { HttpClient } from 'isomorphic-git';
import ssh2 from 'ssh2';
import { dataPacket, flushPacket, PacketReader } from '../git-packets.ts';
import {
  commandOf,
  connect,
  execute,
  outputOf,
  type GitService,
  type SshRemote,
} from './transport.ts';

/** A client that speaks to a server of SSH as if it were one of HTTP. */
export interface SshHttp extends HttpClient {
  /** The address under which it is asked for the repository. */
  readonly url: string;
  close(): void;
}

/**
 * Opens a connection for a library that knows Git over HTTP alone. Every request is a command of its own, in version 0 of the protocol, whose
 * advertisement is the answer or is passed over. Raises AuthenticationFailed or GitOperationFailed.
 */
export async function openSshHttp(remote: SshRemote, signal: AbortSignal): Promise<SshHttp> {
  const client = new ssh2.Client();
  client.on('error', () => undefined);
  await connect(client, remote, signal);
  signal.addEventListener('abort', () => {
    client.destroy();
  });
  return {
    url: 'http://ssh.invalid/repository',
    async request({ url, method = 'GET', body }) {
      const service = serviceOf(url);
      const channel = await execute(client, commandOf(remote.url, service));
      const output = outputOf(channel, remote.url);
      const advertised = await advertisement(output);
      if (body) {
        for await (const chunk of body) channel.write(chunk);
        return { ...answer(url, method), body: output };
      }
      // Nothing is wanted, so the command ends.
      channel.end(flushPacket);
      while (!(await output.next()).done);
      const head = [dataPacket(Buffer.from(`# service=${service}\n`)), flushPacket];
      const headers = { 'content-type': `application/x-${service}-advertisement` };
      return { ...answer(url, method), headers, body: chunks([...head, ...advertised]) };
    },
    close() {
      client.end();
    },
  };
}

function serviceOf(url: string): GitService {
  return url.endsWith('git-receive-pack') ? 'git-receive-pack' : 'git-upload-pack';
}

function answer(
  url: string,
  method: string,
): { url: string; method: string; statusCode: number; statusMessage: string } {
  return { url, method, statusCode: 200, statusMessage: 'OK' };
}

/** The packets with which a command begins, up to the mark behind the references. */
async function advertisement(output: AsyncGenerator<Uint8Array, void>): Promise<Buffer[]> {
  const reader = new PacketReader({ [Symbol.asyncIterator]: () => output }).allow(maxBytes);
  const packets: Buffer[] = [];
  for (let packet = await reader.next(); packet && 'data' in packet; packet = await reader.next()) {
    packets.push(dataPacket(packet.data));
  }
  return [...packets, flushPacket];
}

const maxBytes = 64 * 1024 * 1024;

async function* chunks(parts: readonly Buffer[]): AsyncGenerator<Uint8Array, void> {
  for (const part of parts) yield await Promise.resolve(part);
}
