import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { temporalConnection, type TemporalConnection } from './temporal-connection.ts';

/** Temporal can not be reached; the message says why, and the next step what to look at. */
export class TemporalUnreachable extends Error {
  override readonly name = 'TemporalUnreachable';

  readonly why: string;
  readonly nextStep: string;

  constructor(why: string, nextStep: string, cause: unknown) {
    super(`${why}: ${nextStep}`, { cause });
    this.why = why;
    this.nextStep = nextStep;
  }
}

/**
 * Connects to the Temporal at an address with the settings of the environment, by the library that is given. Raises TemporalUnreachable where
 * that fails: the libraries tell of a time-out at most, so the handshake is tried once more to find out what is wrong.
 */
export async function connectTemporal<Connection>(
  address: string,
  connect: (options: TemporalConnection) => Promise<Connection>,
): Promise<Connection> {
  const options = temporalConnection(address);
  try {
    return await connect(options);
  } catch (error) {
    const [why, nextStep] = await faultOf(address, options, error);
    throw new TemporalUnreachable(
      `Temporal at ${address} can not be reached, ${why}`,
      nextStep,
      error,
    );
  }
}

type Fault = readonly [why: string, nextStep: string];

async function faultOf(
  address: string,
  { tls }: TemporalConnection,
  error: unknown,
): Promise<Fault> {
  const at = address.lastIndexOf(':');
  const place = {
    host: address.slice(0, at).replace(/^\[(.*)\]$/, '$1'),
    port: Number(address.slice(at + 1)),
  };
  const end = await greet(() =>
    tls ? connectTls({ ...place, ...tlsOptions(place.host, tls) }) : connectPlain(place),
  );
  if (end === 'answered') return [messageOf(error), 'look at its log'];
  if (end === 'closed' || end === 'silent') return tls ? untrusted(end) : notPlain(end);
  return knownFault(end);
}

function tlsOptions(
  host: string,
  tls: Exclude<TemporalConnection['tls'], null | false | undefined>,
): ConnectionOptions {
  const given = tls === true ? {} : tls;
  const { serverNameOverride: name, serverRootCACertificate: ca, clientCertPair: pair } = given;
  return {
    ALPNProtocols: ['h2'],
    // Names alone are told to a server, no addresses.
    ...(name || !/^[\d.]+$|:/.test(host) ? { servername: name ?? host } : {}),
    ...(ca ? { ca: Buffer.from(ca) } : {}),
    ...(pair ? { cert: Buffer.from(pair.crt), key: Buffer.from(pair.key) } : {}),
  };
}

/** Says hello as a client of HTTP/2, since servers tell only then that they refuse a certificate. Gives what came back, or the error. */
function greet(open: () => Socket): Promise<'answered' | 'closed' | 'silent' | Error> {
  return new Promise((resolve) => {
    const socket = open();
    const end = (what: 'answered' | 'closed' | 'silent' | Error): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(what);
    };
    const timer = setTimeout(end, timeoutMs, 'silent');
    socket.once('error', end);
    socket.once('close', () => {
      end('closed');
    });
    socket.once('data', () => {
      end('answered');
    });
    const ready = 'encrypted' in socket ? 'secureConnect' : 'connect';
    // The preface and an empty SETTINGS frame of RFC 9113.
    socket.once(ready, () => socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'));
  });
}

const timeoutMs = 5000;
const addressStep = 'set TEMPORAL_ADDRESS, or start a local stack with: sluice dev up';

function untrusted(end: 'closed' | 'silent'): Fault {
  return [
    end === 'closed' ? 'it closes the connection' : 'it says nothing',
    'see that TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH name a certificate that it takes',
  ];
}

function notPlain(end: 'closed' | 'silent'): Fault {
  if (end === 'silent') return ['it says nothing', addressStep];
  return ['it closes a connection without TLS', 'set TEMPORAL_TLS=true if it wants TLS'];
}

function knownFault(error: Error & { code?: string }): Fault {
  const { code = '', message } = error;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return ['its certificate is for another name', 'set TEMPORAL_TLS_SERVER_NAME to that name'];
  if (/CERT|SIGNATURE|ISSUER/.test(code) && !code.startsWith('ERR_SSL'))
    return [
      `its certificate is not trusted (${message})`,
      'set TEMPORAL_TLS_SERVER_CA_CERT_PATH to its authority',
    ];
  if (code.includes('ALERT'))
    return [`it refuses our certificate (${message.trim()})`, untrusted('closed')[1]];
  if (code.startsWith('ERR_SSL') || code === 'EPROTO')
    return ['it does not speak TLS', 'unset TEMPORAL_TLS and TEMPORAL_API_KEY if it wants none'];
  return [message, addressStep];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
