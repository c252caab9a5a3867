import { fail } from '../failures.ts';
import { compileGlob, type MatchesName } from './glob.ts';

/** A `.sourceignore` file: its directory, empty for the root, and its text. */
export interface IgnoreFile {
  readonly directory: string;
  readonly text: string;
}

/** Says whether a file is left out of the artifact. */
export type IsIgnored = (path: string) => boolean;

/**
 * The ignore rules of a source, by Flux's order: `.sourceignore` files, each for its own directory, then spec.ignore; the last rule that fits
 * a file or a directory above it wins. Unlike in Git a file can be let in again below a directory that is left out. Defaults hold only
 * where there are neither. Files of Git itself are always left out. Raises SourceIgnoreError where there are too many rules.
 */
export function ignoreRules(
  files: readonly IgnoreFile[],
  specIgnore: string | undefined,
): IsIgnored {
  const own = [...files].sort((a, b) => a.directory.length - b.directory.length);
  const rules = [
    ...own.flatMap(({ directory, text }) => rulesOf(linesOf(text), directory)),
    ...rulesOf(linesOf(specIgnore ?? ''), ''),
  ];
  if (rules.length > maxRules) {
    const advice = 'write fewer into spec.ignore and .sourceignore';
    throw fail('SourceIgnoreError', `there are more than ${maxRules} ignore rules: ${advice}`);
  }
  const lastFirst = (rules.length > 0 ? rules : rulesOf(defaults, '')).reverse();
  const always = rulesOf(versionControl, '');
  return (path) => {
    const names = path.split('/');
    if (always.some(({ matches }) => matches(names))) return true;
    return lastFirst.find(({ matches }) => matches(names))?.ignores ?? false;
  };
}

const maxRules = 5000;

const versionControl = ['.git/', '.gitignore', '.gitmodules', '.gitattributes'];

/** What is of no use in a cluster: media, archives, and the files of builders. */
const defaults = [
  ...['*.jpg', '*.jpeg', '*.gif', '*.png', '*.wmv', '*.flv', '*.tar.gz', '*.zip'],
  ...['.github/', '.circleci/', '.travis.yml', '.gitlab-ci.yml', 'appveyor.yml', '.drone.yml'],
  ...['cloudbuild.yaml', 'codeship-services.yml', 'codeship-steps.yml'],
  ...['**/.goreleaser.yml', '**/.sops.yaml', '**/.flux.yaml'],
];

interface Rule {
  readonly ignores: boolean;
  readonly matches: (names: readonly string[]) => boolean;
}

function linesOf(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
}

function rulesOf(lines: readonly string[], directory: string): Rule[] {
  const domain = directory === '' ? [] : directory.split('/');
  return lines.map((line) => {
    const ignores = !line.startsWith('!');
    const matches = matcherOf(ignores ? line : line.slice(1));
    return {
      ignores,
      matches: (names) =>
        names.length > domain.length &&
        domain.every((name, at) => name === names[at]) &&
        matches(names.slice(domain.length)),
    };
  });
}

function matcherOf(line: string): Rule['matches'] {
  const text = line.endsWith('\\ ') ? line : line.replace(/ +$/, '');
  const isDirectory = text.endsWith('/');
  const pattern = isDirectory ? text.slice(0, -1) : text;
  return pattern.includes('/')
    ? pathMatcher(pattern.split('/'), isDirectory)
    : nameMatcher(compileGlob(pattern), isDirectory);
}

/** The file or any directory above it may have the name; the first that has it decides. */
function nameMatcher(matches: MatchesName, isDirectory: boolean): Rule['matches'] {
  return (names) => {
    const at = names.findIndex(matches);
    return at >= 0 && !(isDirectory && at === names.length - 1);
  };
}

/** A step along a path: one name that fits, or the next one that does, however far. */
interface PathStep {
  readonly fits: MatchesName;
  readonly skips: boolean;
}

/** A pattern with slashes follows the path from its directory, and fits all that lies below its end. */
function pathMatcher(parts: readonly string[], isDirectory: boolean): Rule['matches'] {
  const steps = stepsOf(parts);
  return (names) => {
    const end = follow(steps, names);
    return end !== undefined && end > 0 && !(isDirectory && end === names.length);
  };
}

/** How many names of a path the steps take; undefined where one does not fit. */
function follow(steps: readonly PathStep[], names: readonly string[]): number | undefined {
  let taken = 0;
  for (const { fits, skips } of steps) {
    const rest = names.slice(taken);
    const at = skips ? rest.findIndex(fits) : rest.slice(0, 1).findIndex(fits);
    if (at < 0) return undefined;
    taken += at + 1;
  }
  return taken;
}

/** Two stars stand for any number of directories where they are a part alone; within a part they fit nothing. */
function stepsOf(parts: readonly string[]): PathStep[] {
  const steps: PathStep[] = [];
  let skips = false;
  for (const part of parts) {
    if (part === '**') skips = true;
    else if (part === '') skips = false;
    else {
      steps.push({ fits: part.includes('**') ? () => false : compileGlob(part), skips });
      skips = false;
    }
  }
  return steps;
}
