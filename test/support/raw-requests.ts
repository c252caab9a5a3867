import { request } from 'node:http';
import { connect, type Socket } from 'node:net';

/** The status of the answer to a request with a body, in one piece or in many. */
export function post(
  port: number,
  target: string,
  { body = Buffer.from('{}'), chunked = false, method = 'POST', headers = {} } = {},
): Promise<number> {
  const length = chunked ? {} : { 'content-length': body.length };
  return new Promise((resolve, reject) => {
    const sent = request(
      { port, host: '127.0.0.1', path: target, method, headers: { ...length, ...headers } },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    sent.once('error', reject);
    if (chunked) {
      for (let at = 0; at < body.length; at += 65_536) sent.write(body.subarray(at, at + 65_536));
      sent.end();
    } else sent.end(body);
  });
}

/** Everything that the server answers to raw bytes, until it closes the connection or is silent for a time. */
export function raw(port: number, bytes: string, silentMs = 500): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket: Socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.setTimeout(silentMs, () => socket.destroy());
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      resolve(text);
    });
  });
}
