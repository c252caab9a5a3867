import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import {
  credentialFor,
  parseDockerConfig,
  type Credential,
  type CredentialEntry,
} from '../../../activities/fetch/oci/docker-config.ts';
import { RegistryError } from '../../../activities/fetch/oci/registry-error.ts';
import { parseRepositoryName } from '../../../activities/fetch/oci/repository-name.ts';
import { openSession, type Rights, type Session } from '../../../activities/fetch/oci/session.ts';
import { readClientSettings } from '../../settings.ts';
import { CliError } from '../failure.ts';

/** Options of the commands that talk to a registry. */
export interface RemoteOptions {
  readonly creds?: string;
  readonly insecureRegistry?: boolean;
}

/** An artifact in a registry: its repository, and the tag or digest in the url. */
export interface Remote {
  readonly session: Session;
  /** `oci://` and the repository, without tag. */
  readonly repository: string;
  readonly reference: string;
}

/** The options that every command for artifacts takes. */
export function remoteOptions(command: Command): Command {
  return command
    .argument('<url>', 'oci://host/repository:tag')
    .option('--creds <user:password>', 'credentials; those of the Docker config where absent')
    .option('--insecure-registry', 'allow plain HTTP and certificates that nobody vouches for');
}

/** Works with the repository of a url, with the credentials of the options or of the Docker config. Raises CliError. */
export async function withRemote<T>(
  url: string,
  options: RemoteOptions & { readonly rights: Rights },
  work: (remote: Remote) => Promise<T>,
): Promise<T> {
  const { repository, reference } = partsOf(url);
  const name = repositoryIn(repository);
  const session = openSession(name, {
    insecure: options.insecureRegistry ?? false,
    credential: credentialIn(options) ?? credentialFor([ofDocker()], name),
    rights: options.rights,
    signal: AbortSignal.timeout(timeoutMs),
  });
  try {
    return await work({ session, repository, reference });
  } catch (error) {
    throw error instanceof RegistryError ? explained(url, error) : error;
  } finally {
    await session.close();
  }
}

const timeoutMs = 300_000;

/** A digest says more than the tag before it. */
function partsOf(url: string): Pick<Remote, 'repository' | 'reference'> {
  const pattern = /^(.*?)(?::(\w[\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/;
  const [, repository = url, tag = 'latest', digest] = pattern.exec(url) ?? [];
  return { repository, reference: digest ?? tag };
}

function explained(url: string, { status, message }: RegistryError): CliError {
  const refused = status === 401 || status === 403;
  const next = refused ? 'pass --creds, or log in with docker' : 'see what the registry says above';
  return new CliError(`${url}: ${message}`, next);
}

function repositoryIn(url: string): ReturnType<typeof parseRepositoryName> {
  try {
    return parseRepositoryName(url);
  } catch (error) {
    const fault = error instanceof Error ? error.message : String(error);
    throw new CliError(`${url}: ${fault}`, 'write it like oci://host/repository:tag');
  }
}

function credentialIn({ creds }: RemoteOptions): Credential | undefined {
  if (creds === undefined) return undefined;
  const at = creds.indexOf(':');
  if (at > 0) return { username: creds.slice(0, at), password: creds.slice(at + 1) };
  throw new CliError('--creds is not <user>:<password>', 'write both, with a colon between them');
}

/** Programs that keep credentials for Docker are not run. */
function ofDocker(): CredentialEntry[] {
  const directory = readClientSettings(process.env).DOCKER_CONFIG ?? join(homedir(), '.docker');
  const file = join(directory, 'config.json');
  if (!existsSync(file)) return [];
  try {
    return parseDockerConfig(readFileSync(file, 'utf8'));
  } catch {
    return [];
  }
}
