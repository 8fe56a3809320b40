/** @file Every error code, what it means and what mends it; docs/errors.md is made from this table. */

export interface ErrorRow {
  /** What was found wrong. */
  meaning: string;
  /** What to do about it. */
  remedy: string;
}

/** A row per code, sorted. A code is stable: scripts may test it. */
export const errorCodes = {
  ERR_ANSWER: {
    meaning: "An answer takes more bytes than the deployment's manifest allows.",
    remedy:
      "Frames so unlike the test data need a design of their own; or let the task say less (`confidence`, `most`).",
  },
  ERR_BASELINE: {
    meaning: "The whole model is surely worse on the data than the study expects (`task: {expect: ...}`).",
    remedy: "The message names another way of feeding the data where one does better; else check labels and model.",
  },
  ERR_BOTTLENECK: {
    meaning: "No bottleneck can be trained at this tensor, or not with this compression.",
    remedy: "Choose another cut or compression, or leave bottlenecks out with `explore.bottlenecks: []`.",
  },
  ERR_CLASS_UNKNOWN: {
    meaning: "A class is named that the data do not have.",
    remedy: "Take a name from the list in the message.",
  },
  ERR_CONNECT: {
    meaning: "A host cannot be reached, or cannot listen where it is to.",
    remedy: "The message says what the system answered; check address and port, and whether the other host runs.",
  },
  ERR_CUT_EMPTY: {
    meaning: "A cut leaves nothing on one of its sides, or names no tensor.",
    remedy: "Cut between two operators; `sei inspect MODEL --cuts` lists where.",
  },
  ERR_CUT_IN_BODY: {
    meaning: "The tensor lies inside the body of an If, Loop or Scan, which runs as a whole.",
    remedy: "Cut before or after that operator.",
  },
  ERR_CUT_NOT_SEPARATING: {
    meaning: "A path leads around the cut, so that it does not separate the inputs from the outputs.",
    remedy: "Cut a tensor of the path in the message too, or another tensor.",
  },
  ERR_CUT_STATE: {
    meaning:
      "A cut would part state that a model carries from step to step: both sides read it, or one reads and the other makes it.",
    remedy: "Cut before what reads the state or behind what makes it; `sei inspect MODEL` says which side holds what.",
  },
  ERR_CUT_TYPE: {
    meaning: "What would cross is no tensor of a type that can be sent.",
    remedy: "Cut at a tensor before or behind it.",
  },
  ERR_CUT_UNFIT: {
    meaning: "The study cannot use this cut: its tensor has another type or layout than the codecs take.",
    remedy: "Choose another candidate; `sei inspect MODEL --cuts` shows types and shapes.",
  },
  ERR_CUT_UNKNOWN: {
    meaning: "The named cut is none of the model.",
    remedy: "Take the nearest name from the message, or one that `sei inspect MODEL --cuts` lists.",
  },
  ERR_DATA_EMPTY: {
    meaning: "No sample is left: the data are empty, or a choice of classes leaves none.",
    remedy: "Check the path and the choice.",
  },
  ERR_DATA_FILE: {
    meaning: "A file of the data is not what its format says.",
    remedy: "The message names the file, what was expected and what stands there.",
  },
  ERR_DATA_IMAGE: {
    meaning: "Pictures are needed, and the data hold other numbers.",
    remedy: "Leave out what needs pictures, as the message says.",
  },
  ERR_DATA_LIMIT: {
    meaning: "A number of samples cannot be.",
    remedy: "Give a whole number within the bounds of the message.",
  },
  ERR_DATA_NORMALISE: {
    meaning: "Mean or standard deviation do not fit the data.",
    remedy: "Give one number, or one per channel, of pixel / 255.",
  },
  ERR_DATA_NO_IMAGES: {
    meaning: "The data hold no pictures that could be drawn.",
    remedy: "Only data of 8-bit pictures can be shown.",
  },
  ERR_DATA_PATH: {
    meaning: "The data's file or folder is not given or not there.",
    remedy: "Check `data.path` (relative to the study) or `--data` (relative to where you are).",
  },
  ERR_DATA_SHAPE: {
    meaning: "The data give inputs of another shape than the model takes.",
    remedy: "Check the layout, the channels and the size; the message says which of them would fit.",
  },
  ERR_DATA_TRUTH: {
    meaning: "A file of truths (boxes, masks, keypoints, texts) says what cannot be.",
    remedy: "Mend the file at the place that the message names, or give the data's classes.",
  },
  ERR_DEPLOYMENT: {
    meaning: "The manifest of a deployment is damaged or contradicts itself, or is of another kind.",
    remedy: "Run `sei design` again; manifests are not made by hand.",
  },
  ERR_DEPLOYMENT_FILE: {
    meaning: "A file of the deployment is missing, or is not the one that was written.",
    remedy: "Copy the whole folder again; size and SHA-256 of every file stand in its manifest.",
  },
  ERR_DEPLOYMENT_HOST: {
    meaning: "A host cannot do its part of a deployment: it has none there, or an address is not known.",
    remedy: "Take a host of the list in the message; give addresses as the message says.",
  },
  ERR_DEPLOYMENT_OTHER: {
    meaning: "The other host runs another deployment, or serves another model.",
    remedy: "Copy the folder of one `sei design` (bundle/) to all hosts, and start each with it.",
  },
  ERR_DEPLOYMENT_VERSION: {
    meaning: "The deployment was written by another version, in another format.",
    remedy: "Run `sei design` again with the version that is to read it.",
  },
  ERR_EMULATION: {
    meaning: "An emulated link cannot be made on this machine, or one of this kind cannot do what the link asks.",
    remedy: "The message says what the system refused; docs/verify.md tells what each kind of link needs.",
  },
  ERR_EXIT: {
    meaning: "No early exit can be made at this tensor, or of this task's answers.",
    remedy: "Take a tensor, a bound or a task as the message says, or leave `explore.exits` out.",
  },
  ERR_FEEDS: {
    meaning: "The arrays that a model is to be fed with are not what its inputs take.",
    remedy: "Save an array for every input under its name: `numpy.savez(FILE, NAME=...)`.",
  },
  ERR_GRADIENT: {
    meaning: "This tensor or output cannot be differentiated.",
    remedy: "Gradients exist for float32 and float64 tensors outside the bodies of control flow.",
  },
  ERR_GRADIENT_OPERATOR: {
    meaning: "An operator on the way has no gradient.",
    remedy: "docs/operators.md lists all that have one; choose a tensor behind the operator.",
  },
  ERR_IMAGE: {
    meaning: "An encoded picture is damaged, or none was given.",
    remedy: "The message says what was expected.",
  },
  ERR_INPUT_FORMAT: {
    meaning: "The input cannot be sent in this format or quality.",
    remedy: "`explore.inputs` takes the formats and qualities of docs/study.md.",
  },
  ERR_JOIN: {
    meaning: "The segments do not make up one model.",
    remedy: "Give segments of one split, unchanged since it was made.",
  },
  ERR_LINK: {
    meaning: "A number of a link cannot be.",
    remedy: "The message names the field and what it may hold.",
  },
  ERR_MANIFEST: {
    meaning: "The manifest is damaged, of another kind, or names files outside its folder.",
    remedy: "Split or design again; manifests are not made by hand.",
  },
  ERR_MESSAGE: {
    meaning: "Another host sends what no message of the deployment is.",
    remedy: "Run the same version with the same deployment on all hosts.",
  },
  ERR_MODEL: {
    meaning: "The model cannot be used for this.",
    remedy: "The message says what stands in the way.",
  },
  ERR_MODEL_CORRUPT: {
    meaning: "The file is no ONNX model, or one that contradicts itself.",
    remedy: "Export the model again; `onnx.checker` tells more.",
  },
  ERR_MODEL_CRASH: {
    meaning: "The model ends the process that runs it for the first time: a fault of the engine that it brings about.",
    remedy:
      "Export the model again, or look for the operator by cutting the model short; the signal is in the message.",
  },
  ERR_MODEL_EXTERNAL: {
    meaning: "Weights that lie outside the model's file cannot be read or written.",
    remedy: "Keep the data files beside the model, under the names that it gives.",
  },
  ERR_MODEL_FILE: {
    meaning: "The model's file cannot be read.",
    remedy: "Check the path and the permissions.",
  },
  ERR_MODEL_FUNCTION: {
    meaning: "A function inside the model cannot be unfolded.",
    remedy: "Export the model again with its functions inlined.",
  },
  ERR_MODEL_INPUT: {
    meaning: "An input of the model cannot be fed as it stands.",
    remedy: "Give its shape, or export the model with the type or batch that the message names.",
  },
  ERR_MODEL_MEMORY: {
    meaning: "The first run of the model takes more memory than models do.",
    remedy: "Set SEI_MODEL_MEMORY to more GiB if the model is right.",
  },
  ERR_MODEL_OPSET: {
    meaning: "The model's operator set is too old.",
    remedy: "Export it again with operator set 13 or newer.",
  },
  ERR_MODEL_OUTPUT: {
    meaning: "The model's output is not what the task needs.",
    remedy: "Choose the output, or the task, as the message says.",
  },
  ERR_MODEL_REJECTED: {
    meaning: "The engine does not load the model.",
    remedy: "The message ends with the engine's own reason.",
  },
  ERR_MODEL_RUN: {
    meaning: "The engine loads the model and fails to run it.",
    remedy: "The message ends with the engine's own reason; check the shapes of the inputs.",
  },
  ERR_MODEL_SIZE: {
    meaning: "The model is larger than what this command holds in memory.",
    remedy: "`sei inspect`, `sei split` and `sei join` take models of any size with external data.",
  },
  ERR_MODEL_STATE: {
    meaning: "What is stated as state is none: an output that does not fit the input which takes it at the next step.",
    remedy:
      "State pairs of one type and shape: `--state INPUT=OUTPUT`, or `--state none` where the model carries none.",
  },
  ERR_MODEL_TIME: {
    meaning: "The first run of the model does not end in the time that models take.",
    remedy: "Set SEI_MODEL_TIME to more seconds if the model is right.",
  },
  ERR_MODEL_UNSUPPORTED: {
    meaning: "A tensor's element type is not supported.",
    remedy: "Export the model with float32 weights and activations.",
  },
  ERR_NOT_FINITE: {
    meaning: "A result holds NaN or infinite values.",
    remedy: "The message names the operator at which they begin; check the normalisation of the data and the weights.",
  },
  ERR_OUTPUT: {
    meaning: "A file or folder cannot be written, or would destroy what is not this command's to replace.",
    remedy: "Check the path, the permissions and the room on the disk; nothing was half-written.",
  },
  ERR_PACE: {
    meaning: "The file of times that a host is to be stretched to is none.",
    remedy: "Write JSON of work to nanoseconds, as docs/verify.md has it; `sei verify` makes such files itself.",
  },
  ERR_PIPELINE: {
    meaning: "Models of a pipeline do not fit together.",
    remedy: "Say in `feeds` which output feeds which input, or put a model between them that makes one fit the other.",
  },
  ERR_PLACEMENT_CYCLE: {
    meaning: "The graph of a workload has a cycle.",
    remedy: "Take the edge out that closes it.",
  },
  ERR_PLACEMENT_HOST: {
    meaning: "Some part of the model may run on no host.",
    remedy: "Relax `only` and `never`, or add a host or a link.",
  },
  ERR_PLACEMENT_HOSTS: {
    meaning: "The hosts do not fit the objective.",
    remedy: "The message says how many are expected.",
  },
  ERR_PLACEMENT_KIND: {
    meaning: "No solver takes a placement problem of this kind.",
    remedy: "The message says what stands in the way of each; leave one of these things out.",
  },
  ERR_PLACEMENT_MEMORY: {
    meaning: "The hosts do not have memory for the model.",
    remedy: "The message says how much is missing and where.",
  },
  ERR_PLACEMENT_MIX: {
    meaning: "Weights and objectives do not fit together.",
    remedy: "Give one weight of 0 or more per objective.",
  },
  ERR_PLACEMENT_OTHER: {
    meaning: "There is no placement beside the one that was to be left out.",
    remedy: "Nothing is wrong: the best placement has no runner-up.",
  },
  ERR_PLACEMENT_PROBLEM: {
    meaning: "A number of the placement problem cannot be.",
    remedy: "The message names it and what it may be.",
  },
  ERR_PLACEMENT_RANGE: {
    meaning: "A range to vary over cannot be.",
    remedy: "Give factors that rise from 0 or more.",
  },
  ERR_PLACEMENT_SEARCH: {
    meaning: "The search ended at its limit before it found a placement.",
    remedy: "Allow more time with `--time`, or more memory per host.",
  },
  ERR_PLACE_COST: {
    meaning: "An objective needs costs that the study does not give.",
    remedy: "Add the fields that the message names.",
  },
  ERR_PLACE_HOSTS: {
    meaning: "Pins ask two hosts for a part of the model that cannot be cut.",
    remedy: "Relax one of them.",
  },
  ERR_PLACE_MEMORY: {
    meaning: "No host has room for some part of the model.",
    remedy: "Raise `hosts.NAME.memory`, or add a host.",
  },
  ERR_PLACE_PIN: {
    meaning: "A pin names no operator or tensor of the model.",
    remedy: "Take the nearest name from the message.",
  },
  ERR_POLICY: {
    meaning: "A policy file cannot be read, or is not one; the message names its line and field.",
    remedy: "`sei policy` writes policies ([docs/policy.md](policy.md)).",
  },
  ERR_PROFILE: {
    meaning: "The profile cannot be used: damaged, or measured for another model.",
    remedy: "Make one with `sei profile MODEL --out FILE` on the host.",
  },
  ERR_PROFILE_DOUBTFUL: {
    meaning: "With `--strict`: measured times contradict each other, are sure within half only, or rest on few runs.",
    remedy: "Measure again on an idle machine, or go on without `--strict`: the verdict says what is undecided.",
  },
  ERR_PROFILE_IMPORT: {
    meaning: "The times of another tool cannot be read.",
    remedy: "Give the tool's own output and `--from`; docs/profile.md shows what is read.",
  },
  ERR_RATE_TRACE: {
    meaning: "A file of a link's rate over time cannot be read.",
    remedy: "Give lines `seconds, bit/s` in a file `.csv`, or a millisecond per 1500 bytes (Mahimahi).",
  },
  ERR_RESULT: {
    meaning: "The file is no result, or its parts contradict each other.",
    remedy: "Take the `result.json` that `sei design` wrote, unchanged.",
  },
  ERR_SALIENCY: {
    meaning: "The model has no tensor at which saliency could be computed.",
    remedy: "Name the candidates: `explore.candidates: [TENSOR, ...]`.",
  },
  ERR_SCENARIO: {
    meaning: "What is to be simulated contradicts itself.",
    remedy: "The message names the value and what it may be.",
  },
  ERR_SOURCE: {
    meaning: "Frames cannot be had where `sei run` is to take them from, or do not fit the model.",
    remedy: "The message says what was expected; `sei run --help` lists the sources.",
  },
  ERR_SPLIT_DIFFERS: {
    meaning: "The segments do not give the model's answers, so nothing was written.",
    remedy: "Cut elsewhere; a model with random operators or in training mode cannot be proved.",
  },
  ERR_STUDIO: {
    meaning: "The studio was asked for what it does not have, or cannot listen where it was told to.",
    remedy: "The message names it. Name studies, results or folders that exist, and a port that is free.",
  },
  ERR_STUDY: {
    meaning: "The study says something that cannot be; a line per problem names file, line and field.",
    remedy: "docs/study.md describes every field.",
  },
  ERR_STUDY_FILE: {
    meaning: "The study's file cannot be read.",
    remedy: "Give a YAML or JSON file of at most 256 KiB.",
  },
  ERR_TASK_OUTPUT: {
    meaning: "The model's outputs are not what the task needs.",
    remedy: "Choose the output or the task, as the message says.",
  },
  ERR_TASK_TRUTH: {
    meaning: "The data do not say of their samples what the task judges answers by.",
    remedy: "Give data of the task's kind, or take the task `agreement`, which needs no labels.",
  },
  ERR_TENSOR_UNKNOWN: {
    meaning: "A tensor is named that the model does not have, or that no operator makes.",
    remedy: "Take the nearest name from the message, or one that `sei inspect MODEL` lists.",
  },
  ERR_TRAINING: {
    meaning: "The training cannot be done as asked.",
    remedy: "The message says which option stands in the way.",
  },
  ERR_TRAINING_DIVERGED: {
    meaning: "The loss is no finite number any more.",
    remedy: "Lower the learning rate, or check the data's normalisation.",
  },
  ERR_TRUST: {
    meaning: "What a host is to prove itself with is missing, or is no certificate, key or token.",
    remedy: "Make it with `sei keys`, and copy to each host what belongs to it.",
  },
  ERR_TRUST_AUTHORITY: {
    meaning: "A certificate was issued by another authority than the one that this host believes.",
    remedy: "Make all hosts' certificates with one `sei keys --out DIR`.",
  },
  ERR_TRUST_EXPIRED: {
    meaning: "A certificate is out of date.",
    remedy:
      "Run `sei keys` again into the same folder and copy the host's new files; check the clock that the message shows.",
  },
  ERR_TRUST_HOST: {
    meaning: "The other side is not the host that it should be, or is no host of the deployment.",
    remedy: "Check the addresses in the deployment, and that each host has its own folder of keys.",
  },
  ERR_TRUST_INSECURE: {
    meaning: "Frames would leave this machine unprotected, and nobody asked for that.",
    remedy: "Use certificates or a token (`sei keys`), or allow it with `--insecure --anywhere`.",
  },
  ERR_TRUST_KIND: {
    meaning:
      "The two sides do not trust in the same way: one speaks TLS and the other not, or one has a token and the other certificates.",
    remedy: "Start both hosts with the same kind of keys; the port may also be that of another program.",
  },
  ERR_TRUST_NOT_YET: {
    meaning: "A certificate is not valid yet: a host's clock is wrong.",
    remedy: "Set the clock that the message shows.",
  },
  ERR_TRUST_PEER: {
    meaning: "The other side ended the handshake, or sent what no host sends.",
    remedy: "See its log; if it is no host of yours, nothing is to be done.",
  },
  ERR_TRUST_TOKEN: {
    meaning: "The other side has another token.",
    remedy: "Copy one file of `sei keys --token` to all hosts.",
  },
  ERR_USAGE: {
    meaning: "The command line is wrong (exit code 2).",
    remedy: "`sei COMMAND --help` shows the usage with examples.",
  },
  ERR_VERIFICATION: {
    meaning: "What `sei verify` kept cannot be read or is not whole, or a run between hosts ended before it was.",
    remedy: "Name the folder that `sei verify` wrote, unchanged; of a run, the message ends with what it said.",
  },
  ERR_WORKER_FILES: {
    meaning: "A study names a file outside of the folder that workers see.",
    remedy: "Name a folder that holds its model, data and profiles with `--files`.",
  },
  ERR_WORKER_VERSION: {
    meaning: "The queue holds jobs of another version of the program or its engine.",
    remedy: "Install the same version on all machines; the job goes to another worker meanwhile.",
  },
  ERR_WORKLOAD: {
    meaning: "The file of a workload for `sei place --graph` is damaged or contradicts itself.",
    remedy: "docs/placement.md describes the format.",
  },
} as const satisfies Record<`ERR_${string}`, ErrorRow>;

export type ErrorCode = keyof typeof errorCodes;
