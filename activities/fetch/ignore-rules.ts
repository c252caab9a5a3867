import ignore from 'ignore';
import { fail } from '../failures.ts';

/** A `.sourceignore` file: its directory, empty for the root, and its text. */
export interface IgnoreFile {
  readonly directory: string;
  readonly text: string;
}

/** Says whether a file is left out of the artifact. */
export type IsIgnored = (path: string) => boolean;

/**
 * The ignore rules of a source, by Flux's order: `.sourceignore` files, each for its own directory, then spec.ignore; the last match
 * wins. Defaults hold only where there are neither. Files of Git itself are always left out. Raises SourceIgnoreError.
 */
export function ignoreRules(
  files: readonly IgnoreFile[],
  specIgnore: string | undefined,
): IsIgnored {
  const own = [...files].sort((a, b) => a.directory.length - b.directory.length);
  const bare = own.length === 0 && specIgnore === undefined;
  const lines = bare
    ? defaults
    : [
        ...own.flatMap(({ directory, text }) =>
          linesOf(text).map((line) => scoped(line, directory)),
        ),
        ...linesOf(specIgnore ?? ''),
      ];
  const rules = ignore({ ignorecase: false });
  for (const line of lines) addRule(rules, line);
  const always = ignore({ ignorecase: false }).add(versionControl);
  return (path) => always.ignores(path) || rules.ignores(path);
}

const versionControl = ['.git/', '.gitignore', '.gitmodules', '.gitattributes'];

/** What is of no use in a cluster: media, archives, and the files of builders. */
const defaults = [
  ...['*.jpg', '*.jpeg', '*.gif', '*.png', '*.wmv', '*.flv', '*.tar.gz', '*.zip'],
  ...['.github/', '.circleci/', '.travis.yml', '.gitlab-ci.yml', 'appveyor.yml', '.drone.yml'],
  ...['cloudbuild.yaml', 'codeship-services.yml', 'codeship-steps.yml'],
  ...['**/.goreleaser.yml', '**/.sops.yaml', '**/.flux.yaml'],
];

function linesOf(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
}

/** A rule of a nested file as a rule of the root. */
function scoped(line: string, directory: string): string {
  if (directory === '') return line;
  const negated = line.startsWith('!');
  const rule = negated ? line.slice(1) : line;
  const anchored = rule.slice(0, -1).includes('/');
  const place = anchored ? `/${directory}/${rule.replace(/^\//, '')}` : `/${directory}/**/${rule}`;
  return negated ? `!${place}` : place;
}

function addRule(rules: ReturnType<typeof ignore>, line: string): void {
  try {
    rules.add(line);
    rules.ignores('probe');
  } catch {
    throw fail(
      'SourceIgnoreError',
      `"${line}" is no valid ignore rule: correct it in spec.ignore or .sourceignore`,
    );
  }
}
