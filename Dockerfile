# Small, without root, on a read-only root: docker run --read-only -v paramedic:/var/lib/paramedic -p 127.0.0.1:9095:9095 paramedic
FROM node:26-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts

FROM packages AS built
# esbuild's own program comes with its package; nothing has to be run to install it.
RUN npm ci --ignore-scripts
COPY tools ./tools
COPY src ./src
RUN node tools/build.ts

FROM node:26-bookworm-slim
# tini adopts and kills whatever a runbook leaves behind where neither control groups nor namespaces can be had.
RUN apt-get update && apt-get install -y --no-install-recommends tini && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY package.json ./
COPY bin ./bin
COPY --from=built /app/dist ./dist
COPY runbooks ./runbooks
COPY policies ./policies
RUN mkdir /var/lib/paramedic && chown 65534:65534 /var/lib/paramedic
USER 65534:65534
ENV NODE_ENV=production STATE_DIRECTORY=/var/lib/paramedic
VOLUME /var/lib/paramedic
EXPOSE 9095
HEALTHCHECK --interval=10s --timeout=3s CMD ["node", "-e", "fetch('http://127.0.0.1:9095/livez').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tini", "--", "node", "bin/paramedic.js"]
CMD ["serve"]
