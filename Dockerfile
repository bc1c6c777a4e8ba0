# Small, without root, on a read-only root. Beyond loopback it needs tokens:
#   docker run --read-only --tmpfs /tmp -v paramedic:/var/lib/paramedic -p 127.0.0.1:9095:9095 \
#     -e PARAMEDIC_LISTEN=0.0.0.0:9095 -e PARAMEDIC_TOKENS=operator:$TOKEN paramedic
FROM node:26-trixie-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY tools ./tools
COPY src ./src
RUN node tools/build.ts && npm prune --omit=dev --ignore-scripts

FROM node:26-trixie-slim
# tini adopts and kills whatever a runbook leaves behind where neither control groups nor namespaces can be had;
# git is for `check --base` in the CI of a catalogue.
RUN apt-get update \
 && apt-get install -y --no-install-recommends git tini \
 && rm -rf /var/lib/apt/lists/* /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /opt/yarn* \
 && install -d -o 65534 -g 65534 /var/lib/paramedic
WORKDIR /app
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json ./
COPY bin ./bin
COPY runbooks ./runbooks
COPY policies ./policies
USER 65534:65534
ENV NODE_ENV=production STATE_DIRECTORY=/var/lib/paramedic
VOLUME /var/lib/paramedic
EXPOSE 9095
# Whether it answers, by its own certificate where it has one; who signed that is not asked.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["node", "-e", "const { PARAMEDIC_LISTEN: listen = '', PARAMEDIC_TLS_CERT: cert } = process.env; if (cert) process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'; fetch(`http${cert ? 's' : ''}://127.0.0.1:${listen.split(':').at(-1) || 9095}/livez`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Without `__proto__`: no text that becomes an object can reach what all objects share.
ENTRYPOINT ["tini", "--", "node", "--disable-proto=delete", "bin/paramedic.js"]
CMD ["serve"]
