// Interim: the model room's Repository over its present functions.
import { listModels, type ModelListing, type ModelPackage, readPackage } from '../../model/index.js';
export interface Repository {
  list(): Promise<ModelListing[]>;
  read(name: string, version?: number, override?: object): Promise<ModelPackage & { digest: string }>;
  fingerprint(name: string): Promise<string>;
}
export const openRepository = (folder: string): Repository => ({
  list: () => listModels(folder),
  read: async (name, version) => {
    const model = await readPackage(folder, name, version);
    return { ...model, digest: JSON.stringify(model.manifest.digests) };
  },
  fingerprint: async name => JSON.stringify((await listModels(folder)).find(model => model.name === name)),
});
