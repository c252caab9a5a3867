import { Argument, type Command } from 'commander';
import { kinds } from './kinds.ts';

const shells = ['bash', 'zsh', 'fish'] as const;

/** `sluice completion SHELL`: a script for the shell, made from the commands that there are. */
export function addCompletion(program: Command): void {
  program
    .command('completion')
    .description('Print a completion script for bash, zsh or fish')
    .addArgument(new Argument('<shell>', 'your shell').choices(shells))
    .addHelpText(
      'after',
      '\nExamples:\n  source <(sluice completion bash)\n  sluice completion fish > ~/.config/fish/completions/sluice.fish\n',
    )
    .action((shell: (typeof shells)[number]) => {
      process.stdout.write(scripts[shell](program));
    });
}

const scripts: Record<(typeof shells)[number], (program: Command) => string> = {
  bash: (program) => `_sluice() {
  local words="${commandNames(program).join(' ')}"
  case "\${COMP_WORDS[1]}" in
${caseLines(program)}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _sluice sluice
`,
  zsh: (program) => `#compdef sluice
_sluice() {
  local -a candidates
  candidates=(${commandNames(program).join(' ')})
  if (( CURRENT > 2 )); then
    case "\${words[2]}" in
${zshLines(program)}
    esac
  fi
  compadd -- $candidates
}
compdef _sluice sluice
`,
  fish: (program) =>
    program.commands
      .flatMap((command) => [
        `complete -c sluice -f -n __fish_use_subcommand -a ${command.name()} -d '${command.description().replaceAll("'", '’')}'`,
        ...wordsAfter(command).map(
          (word) =>
            `complete -c sluice -f -n '__fish_seen_subcommand_from ${command.name()}' -a '${word}'`,
        ),
      ])
      .join('\n') + '\n',
};

function caseLines(program: Command): string {
  return program.commands
    .map(
      (command) =>
        `    ${command.name()}) (( COMP_CWORD > 1 )) && words="${wordsAfter(command).join(' ')}" ;;`,
    )
    .join('\n');
}

function zshLines(program: Command): string {
  return program.commands
    .map((command) => `      ${command.name()}) candidates=(${wordsAfter(command).join(' ')}) ;;`)
    .join('\n');
}

function commandNames(program: Command): string[] {
  return program.commands.map((command) => command.name());
}

/** What may follow a command: its own commands, the kinds where it takes one, its long options. */
function wordsAfter(command: Command): string[] {
  const takesKind = command.registeredArguments.some((argument) => argument.name() === 'kind');
  const kindNames = takesKind ? kinds.map(({ names: [name] }) => name ?? '') : [];
  const choices = command.registeredArguments.flatMap((argument) => argument.argChoices ?? []);
  const options = command.options.map(({ long }) => long ?? '').filter((long) => long !== '');
  return [...commandNames(command), ...kindNames, ...choices, ...options];
}
