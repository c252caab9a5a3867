import { Command } from 'commander';
import { addAdopt } from './adopt.ts';
import { addApprove } from './approve.ts';
import { addList } from './artifacts/list.ts';
import { addPull } from './artifacts/pull.ts';
import { addPush } from './artifacts/push.ts';
import { addTag } from './artifacts/tag.ts';
import { addBootstrap } from './bootstrap.ts';
import { addCheck } from './check.ts';
import { addCompletion } from './completion.ts';
import { addDev } from './dev.ts';
import { addDiff } from './diff.ts';
import { addEvents } from './events.ts';
import { addExplain } from './explain.ts';
import { addGet } from './get.ts';
import { addHistory } from './history.ts';
import { addInstall } from './install.ts';
import { addPromote } from './promote.ts';
import { addReconcile } from './reconcile.ts';
import { addResume, addSuspend } from './suspend.ts';
import { addUninstall } from './uninstall.ts';

/** All commands of `sluice`; a failing command raises its error, a wrong call a CommanderError. */
export function createProgram(): Command {
  const program = new Command('sluice')
    .description('Sluice: GitOps for Kubernetes, every Kustomization a durable Temporal workflow')
    .option('-n, --namespace <name>', "namespace; the kubeconfig's own where absent")
    .option('--kubeconfig <file>', 'kubeconfig; KUBECONFIG, or the local stack where absent')
    .option('--temporal-address <host:port>', 'Temporal; TEMPORAL_ADDRESS, or the local stack')
    .option('--temporal-namespace <name>', 'Temporal namespace; TEMPORAL_NAMESPACE, or default')
    .showHelpAfterError('(add --help for the usage and examples)')
    .exitOverride()
    .addHelpText('after', examples);
  for (const add of commands) add(program);
  return program;
}

const commands = [
  addDev,
  addInstall,
  addBootstrap,
  addCheck,
  addGet,
  addReconcile,
  addApprove,
  addSuspend,
  addResume,
  addHistory,
  addDiff,
  addExplain,
  addEvents,
  addAdopt,
  addPromote,
  addPush,
  addPull,
  addTag,
  addList,
  addUninstall,
  addCompletion,
];

const examples = `
Examples:
  sluice dev up                                   start a local cluster and Temporal
  sluice install                                  install the CRDs and the search attributes
  sluice get all -A                               what is there, and is it ready?
  sluice reconcile ks app -n prod --with-source   fetch and apply now, and watch
  sluice explain ks app -n prod                   what is it waiting for, and who can help?
  sluice history ks app -n prod                   every sync: when, what, how it ended
  sluice diff ks app -n prod                      what would the next sync change?
`;
