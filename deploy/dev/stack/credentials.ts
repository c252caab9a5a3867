import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { createServiceAccountKey, createServingCertificate } from './certificates.ts';
import { writePrivate } from './state.ts';

/** The files of the control plane's credentials, all in the stack folder and private. */
export interface CredentialPaths {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
  readonly serviceAccountKey: string;
  readonly tokens: string;
  readonly token: string;
  readonly kubeconfig: string;
}

/** Where the credentials of a stack are. */
export function credentialPaths(dir: string): CredentialPaths {
  const folder = join(dir, 'credentials');
  return {
    ca: join(folder, 'ca.crt'),
    certificate: join(folder, 'apiserver.crt'),
    key: join(folder, 'apiserver.key'),
    serviceAccountKey: join(folder, 'service-account.key'),
    tokens: join(folder, 'tokens.csv'),
    token: join(folder, 'admin.token'),
    kubeconfig: join(dir, 'kubeconfig'),
  };
}

/** Makes the credentials once per stack and the kubeconfig at each start, because the port may have changed. */
export async function prepareCredentials(dir: string, apiserverPort: number): Promise<void> {
  const paths = credentialPaths(dir);
  await mkdir(join(dir, 'credentials'), { recursive: true, mode: 0o700 });
  if ((await readToken(dir)) === undefined) await createCredentials(paths);
  const [ca, token] = await Promise.all([readFile(paths.ca), readFile(paths.token, 'utf8')]);
  await writePrivate(paths.kubeconfig, kubeconfig(apiserverPort, ca, token));
}

/** The admin's token; undefined as long as the credentials are not complete. */
export async function readToken(dir: string): Promise<string | undefined> {
  return readFile(credentialPaths(dir).token, 'utf8').catch(() => undefined);
}

/** The token is written last: where it is, everything else is. */
async function createCredentials(paths: CredentialPaths): Promise<void> {
  const serving = await createServingCertificate();
  const token = randomBytes(32).toString('hex');
  await Promise.all([
    writePrivate(paths.ca, serving.ca),
    writePrivate(paths.certificate, serving.certificate),
    writePrivate(paths.key, serving.key),
    writePrivate(paths.serviceAccountKey, createServiceAccountKey()),
    writePrivate(paths.tokens, `${token},sluice-dev-admin,sluice-dev-admin,"system:masters"\n`),
  ]);
  await writePrivate(paths.token, token);
}

function kubeconfig(port: number, ca: Buffer, token: string): string {
  const name = 'sluice-dev';
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [
      {
        name,
        cluster: {
          server: `https://127.0.0.1:${port}`,
          'certificate-authority-data': ca.toString('base64'),
        },
      },
    ],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace: 'default' } }],
  });
}
