import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { Log } from '../log.ts';

/** Where a certificate and its key lie, as PEM. */
export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** A certificate as it was read. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** A certificate whose files are looked at every minute. */
export interface FollowedCertificate {
  readonly current: Certificate;
  /** Tells of the next ones. */
  changed(take: (next: Certificate) => void): void;
  stop(): void;
}

/** Reads a certificate and follows its renewals; a new one that does not fit its key is logged and left alone. Raises an Error that names the files. */
export async function followCertificate(
  files: CertificateFiles,
  log: Log,
): Promise<FollowedCertificate> {
  let current = await read(files);
  let tell: ((next: Certificate) => void) | undefined;
  const look = async (): Promise<void> => {
    const next = await read(files);
    if (next.cert === current.cert && next.key === current.key) return;
    current = next;
    tell?.(next);
    log.info('the certificate of the receivers was renewed');
  };
  const timer = setInterval(() => {
    look().catch((error: unknown) => {
      log.error('certificate not renewed', { error: String(error) });
    });
  }, everyMs).unref();
  return {
    current,
    changed(take) {
      tell = take;
    },
    stop() {
      clearInterval(timer);
    },
  };
}

const everyMs = 60_000;

async function read({ certFile, keyFile }: CertificateFiles): Promise<Certificate> {
  try {
    const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')]);
    createSecureContext({ cert, key });
    return { cert, key };
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    const advice = 'set --receiver-cert-file and --receiver-key-file to PEM files that fit';
    throw new Error(`can not use ${certFile} and ${keyFile}: ${cause}; ${advice}`);
  }
}
