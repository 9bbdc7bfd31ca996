// The build's step that trains the adviser and writes it beside itself: node dist/control/advisor/make-model.js
import { fileURLToPath } from 'node:url';
import { writeAdviser } from './model/model-file.js';
import { trainAdviser, usualTraining } from './model/train.js';

const folder = fileURLToPath(new URL('.', import.meta.url));
const { forest, quality } = trainAdviser();
const { onnxBytes, jsonBytes } = await writeAdviser(folder, { forest, quality, seed: usualTraining.seed });
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
console.log(
  `adviser: ${forest.trees.length} trees, ${onnxBytes} + ${jsonBytes} bytes; on held-out simulated releases AUC ${quality.auc.toFixed(3)}, ` +
    `Brier ${quality.brier.toFixed(3)}, calibration error ${quality.calibrationError.toFixed(3)}, ` +
    `confident ${percent(quality.confident)}, right of those ${percent(quality.right)}`,
);
