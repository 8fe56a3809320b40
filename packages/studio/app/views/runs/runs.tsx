/** @file The view Runs. */

export default function Runs() {
  return <h1>Runs</h1>;
}
