import { z } from 'zod';
import type { KubeObject } from '../../activities/cluster/object.ts';
import { list, record, text } from '../../activities/cluster/untyped.ts';
import { mediaTypes, type Message } from './authenticity/message.ts';

/** What a push event tells: the addresses of its repository, and the references that moved. */
export interface Push {
  /** Host and path, see `repositoryOf`. */
  readonly repositories: ReadonlySet<string>;
  /** Full names such as refs/heads/main. */
  readonly references: ReadonlySet<string>;
}

/**
 * Reads a push event of GitHub, Gitea, GitLab, Bitbucket Server or Bitbucket Cloud, or of a sender that speaks like one of them; undefined
 * for every other event and for whatever can not be read.
 */
export function pushOf(message: Message): Push | undefined {
  const parsed = PushEvent.safeParse(payloadOf(message));
  if (!parsed.success) return undefined;
  const { ref, repository, project, changes, push } = parsed.data;
  const addresses = [
    ...[repository, project].flatMap((row) => Object.values(row ?? {})).filter(isText),
    ...linksOf(repository?.['links']),
  ];
  const moved = [
    ref,
    ...(changes ?? []).map((change) => change.ref?.id),
    ...(push?.changes ?? []).flatMap((change) => [nameOf(change.new), nameOf(change.old)]),
  ];
  const repositories = new Set(addresses.map(repositoryOf).filter((one) => one !== ''));
  const references = new Set(moved.filter(isText).filter((one) => one.startsWith('refs/')));
  return repositories.size > 0 && references.size > 0 ? { repositories, references } : undefined;
}

const cloudReference = z.looseObject({ type: z.string(), name: z.string() }).nullish();

const PushEvent = z.looseObject({
  ref: z.string().nullish(),
  repository: z.record(z.string(), z.unknown()).nullish(),
  project: z.record(z.string(), z.unknown()).nullish().catch(undefined),
  changes: z
    .array(z.looseObject({ ref: z.looseObject({ id: z.string() }).nullish() }))
    .nullish()
    .catch(undefined),
  push: z
    .looseObject({
      changes: z.array(z.looseObject({ new: cloudReference, old: cloudReference })).nullish(),
    })
    .nullish()
    .catch(undefined),
});

function payloadOf(message: Message): unknown {
  const body = message.body.toString('utf8');
  const isForm = mediaTypes(message)[0] === 'application/x-www-form-urlencoded';
  try {
    return JSON.parse(isForm ? (new URLSearchParams(body).get('payload') ?? '') : body);
  } catch {
    return undefined;
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** Bitbucket Server lists the addresses to clone from; Bitbucket Cloud has the page of the repository alone. */
function linksOf(links: unknown): string[] {
  const { clone, html } = record(links);
  const rows = [...list(clone), record(html)];
  return rows.map((row) => text(row['href'])).filter((one) => one !== '');
}

function nameOf(moved: z.infer<typeof cloudReference>): string | undefined {
  if (!moved) return undefined;
  return `${moved.type === 'tag' ? 'refs/tags/' : 'refs/heads/'}${moved.name}`;
}

/** Host and path of the address of a repository in lower case, without user, port and `.git`; empty for what is no address. */
export function repositoryOf(address: string): string {
  const [, scpHost, scpPath] = /^(?:[\w.-]+@)?([\w.-]+):(?!\/)([^\s]+)$/.exec(address) ?? [];
  const url = scpHost === undefined ? address : `ssh://${scpHost}/${scpPath ?? ''}`;
  if (!/^(https?|ssh|git):\/\//.test(url) || !URL.canParse(url)) return '';
  const { hostname, pathname } = new URL(url);
  const path = pathname.replace(/\/+$/, '').replace(/\.git$/, '');
  return path.length > 1 ? `${hostname}${path}`.toLowerCase() : '';
}

/** True where a push may have moved what a GitRepository follows: the same repository, and its branch or the kind of its tags. */
export function follows(repository: KubeObject, push: Push): boolean {
  const spec = record(repository['spec']);
  if (!push.repositories.has(repositoryOf(text(spec['url'])))) return false;
  const ref = record(spec['ref']);
  const [name, semver, tag] = [text(ref['name']), text(ref['semver']), text(ref['tag'])];
  if (name !== '') return push.references.has(name);
  if (semver !== '') return [...push.references].some((one) => one.startsWith('refs/tags/'));
  if (tag !== '') return push.references.has(`refs/tags/${tag}`);
  return push.references.has(`refs/heads/${text(ref['branch']) || 'master'}`);
}
