import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { fail } from '../failures.ts';
import { secretTexts, withoutTexts } from './secret-texts.ts';

/** A directory that is ready to be built, below the root that it may not leave. */
export interface PreparedBuild {
  readonly root: string;
  readonly directory: string;
  /** True when the build fetches something from another host. */
  readonly remote: boolean;
  /** Texts that were decrypted for it, and that no message may tell. */
  readonly secrets?: readonly string[];
}

/**
 * Runs `kustomize build` without plugins, with an empty environment and an empty home, and gives its output. Raises BuildFailed with
 * kustomize's message, where paths are relative to the artifact and secret values are replaced.
 */
export async function runKustomize(
  binary: string,
  { root, directory, remote, secrets = [] }: PreparedBuild,
  home: string,
): Promise<string> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  // What a remote base brings along has not been checked here, so kustomize itself has to keep it in its place.
  const restrictor = remote ? 'LoadRestrictionsRootOnly' : 'LoadRestrictionsNone';
  const args = ['build', directory, '--load-restrictor', restrictor];
  const env = remote ? { ...gitEnvironment, HOME: home } : { HOME: home };
  const options = { cwd: directory, env, timeout: timeoutMs, maxBuffer: maxOutputBytes };
  return new Promise((resolve, reject) => {
    execFile(binary, args, { ...options, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      if (!error) {
        resolve(stdout);
        return;
      }
      const cause = causeOf(error, stderr);
      void secretTexts(root).then((texts) => {
        const hidden = new Set([...texts, ...secrets]);
        const message = withoutTexts(cause.replaceAll(`${root}/`, ''), hidden);
        reject(fail('BuildFailed', `kustomize build failed: ${message.slice(0, maxMessage)}`));
      });
    });
  });
}

const timeoutMs = 120_000;
const maxOutputBytes = 128 * 1024 * 1024;
const maxMessage = 2000;
/** Remote bases are cloned with git, which must neither ask nor read anybody's configuration. */
const gitEnvironment = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ALLOW_PROTOCOL: 'https:http',
};

function causeOf(error: Error & { code?: unknown; killed?: boolean }, stderr: string): string {
  if (error.killed) return `it took longer than ${timeoutMs / 1000}s, or its output is too large`;
  if (error.code === 'ENOENT') return 'the kustomize binary is not there: set SLUICE_KUSTOMIZE';
  const [, crash] = /^panic: (.*)/m.exec(stderr) ?? [];
  if (crash) {
    return `it crashed (${crash}): look for an empty entry or one of a wrong form in the kustomization`;
  }
  const text = stderr.trim().replace(/^Error: /, '');
  return text === '' ? error.message.split('\n', 1).join('') : text;
}
