// Publishing a version of a model: all of it appears at once, or nothing.
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { GalerkinError, isGalerkinError } from '../base/index.js';
import { publishFolder, readBytes, restoreFolders, sha256 } from '../store/index.js';
import { assertAgreement } from './agreement.js';
import { identify } from './config/identify.js';
import { type ModelConfig, modelConfig } from './config/model-config.js';
import { configInvalid, parseConfig } from './config/parse-config.js';
import { printConfig } from './config/print-config.js';
import { type Manifest, type ManifestDraft, manifestFormat, parseManifest } from './manifest.js';
import { assertFileName, assertModelName, assertVersion, configFile, manifestFile, versionOf } from './names.js';
import { pathInside, versionsOf } from './repository.js';

export interface PackageDraft {
  /** As `modelConfig` gives it; its name is the model's. */
  readonly config: ModelConfig;
  /** The model's config.pbtxt stays as it is, also where there is none: `config` only says what the manifest must agree with. */
  readonly keepConfig?: boolean;
  readonly version: number;
  /** Contents by file name: model.onnx, guard.onnx, samples.npz … */
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** Without name, version and digests: those are filled in here. */
  readonly manifest: ManifestDraft;
  /** Put it in the place of a version that exists. */
  readonly replace?: boolean;
}

/** How the configuration gets to disk: it is there already (or none is, and none is wanted), or the whole model folder is published with it. */
type ConfigPlan =
  | { readonly text: Uint8Array | undefined; readonly publishWhole: false }
  | { readonly text: Uint8Array; readonly publishWhole: true };

/** The configuration on disk if it means the same; its own bytes then, because published versions hold their digest. */
async function presentConfig(repository: string, config: ModelConfig): Promise<Uint8Array | undefined> {
  const path = await pathInside(repository, config.name, configFile);
  if (path === undefined) return undefined;
  const bytes = await readBytes(path);
  try {
    return isDeepStrictEqual(parseConfig(new TextDecoder().decode(bytes), path), config) ? bytes : undefined;
  } catch (error) {
    if (isGalerkinError(error)) return undefined;
    throw error;
  }
}

async function planConfig(repository: string, { config, version, keepConfig }: PackageDraft): Promise<ConfigPlan> {
  if (keepConfig === true) {
    const path = await pathInside(repository, config.name, configFile);
    return { text: path === undefined ? undefined : await readBytes(path), publishWhole: false };
  }
  const present = await presentConfig(repository, config);
  if (present !== undefined) return { text: present, publishWhole: false };
  const others = (await versionsOf(repository, config.name)).filter(other => other !== version);
  const items = await readdir(join(repository, config.name)).catch(() => []);
  const strangers = items.filter(item => !item.startsWith('.') && item !== configFile && versionOf(item) === undefined);
  if (others.length > 0 || strangers.length > 0) {
    throw new GalerkinError('MODEL_CONFIG_CONFLICT', { model: config.name, versions: others });
  }
  return { text: new TextEncoder().encode(printConfig(config)), publishWhole: true };
}

function completeManifest(
  { config, version, files, manifest }: PackageDraft,
  configText: Uint8Array | undefined,
): Manifest {
  const digests: Record<string, string> = configText === undefined ? {} : { [configFile]: sha256(configText) };
  for (const [file, bytes] of Object.entries(files)) digests[file] = sha256(bytes);
  const path = `${config.name}/${version}/${manifestFile}`;
  const complete = parseManifest({ ...manifest, format: manifestFormat, name: config.name, version, digests }, path);
  assertAgreement(config, complete, path);
  return complete;
}

async function writeVersion(folder: string, { files }: PackageDraft, manifest: Manifest): Promise<void> {
  for (const [file, bytes] of Object.entries(files)) await writeFile(join(folder, file), bytes);
  await writeFile(join(folder, manifestFile), `${JSON.stringify(manifest, undefined, 2)}\n`);
}

async function publish(repository: string, draft: PackageDraft): Promise<void> {
  const { config, version, replace = false } = draft;
  const plan = await planConfig(repository, draft);
  const manifest = completeManifest(draft, plan.text);
  const modelFolder = join(repository, config.name);
  const versionExists = (await versionsOf(repository, config.name)).includes(version);
  if (versionExists && !replace) throw new GalerkinError('PACKAGE_VERSION_EXISTS', { name: config.name, version });
  if (!plan.publishWhole) {
    await publishFolder(join(modelFolder, String(version)), folder => writeVersion(folder, draft, manifest), {
      replace,
    });
    return;
  }
  // An existing folder here holds no other version, at most the one to be replaced or what a stopped run left.
  const modelExists = (await pathInside(repository, config.name)) !== undefined;
  const write = async (folder: string): Promise<void> => {
    await mkdir(join(folder, String(version)));
    await writeFile(join(folder, configFile), plan.text);
    await writeVersion(join(folder, String(version)), draft, manifest);
  };
  await publishFolder(modelFolder, write, { replace: modelExists });
}

/**
 * Publishes `<repository>/<name>/<version>/` with config.pbtxt beside it; digests are computed here. All at once: a process
 * killed at any moment leaves the repository as it was, or with the whole version. One config.pbtxt serves all versions of
 * a model. One publisher per model at a time; of several for one version, one wins and the others get PACKAGE_VERSION_EXISTS.
 * @returns the version's folder.
 * @throws MODEL_NAME_INVALID, MODEL_CONFIG_INVALID, MODEL_CONFIG_CONFLICT, MANIFEST_INVALID, PACKAGE_INVALID,
 * PACKAGE_VERSION_EXISTS, FILE_WRITE_FAILED
 */
export async function writePackage(repository: string, draft: PackageDraft): Promise<string> {
  const config = modelConfig(draft.config);
  const { name } = config;
  assertModelName(name);
  assertVersion(name, draft.version);
  for (const file of Object.keys(draft.files)) assertFileName(name, file);
  const { faults } = identify(config, name, false);
  if (faults.length > 0) throw configInvalid(`${name}/${configFile}`, faults);
  await restoreFolders(repository);
  for (let attemptsLeft = 3; ; attemptsLeft--) {
    try {
      await publish(repository, { ...draft, config });
      break;
    } catch (cause) {
      if (!isGalerkinError(cause) || cause.code !== 'FOLDER_EXISTS') throw cause;
      // Another publisher was faster: with another version of a new model, then again; or with this one.
      const isTaken = (await versionsOf(repository, name)).includes(draft.version);
      if (isTaken || attemptsLeft === 1) {
        throw new GalerkinError('PACKAGE_VERSION_EXISTS', { name, version: draft.version }, { cause });
      }
    }
  }
  return join(repository, name, String(draft.version));
}
