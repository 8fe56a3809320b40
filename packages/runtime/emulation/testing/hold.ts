/** @file Opens an emulated link, prints how a program is started on its first host, and holds it until it is killed. */
import { openTunLink } from "../tun.ts";

const link = await openTunLink({ link: { rate: 1e8 } }, new AbortController().signal);
console.log(JSON.stringify(link.hosts[0].exec("true")));
setInterval(() => undefined, 1000);
