# Names the npm scripts; nothing is decided here. `make` alone prints what there is.
.DEFAULT_GOAL := help
.PHONY: help demo test test-fast images bench clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: node_modules ## install what is missing, then two routers, three nodes and a first route
	@npm run --silent demo

test: node_modules ## install what is missing, then everything: units, gossip, real FRR and BIRD, a real API server, clusters, containers
	@npm run --silent test:all

test-fast: node_modules ## types, lint, units and cases: offline, no root
	@npm test --silent

images: node_modules ## build both container images
	@npm run --silent images

bench: node_modules ## measure against the budgets, as ratios within one run
	@npm run --silent bench

clean: ## remove what was built; packages cached outside the tree stay
	rm -rf node_modules dist

# npm ci starts from nothing; it runs only when the lock file is newer than the last install.
node_modules: package.json package-lock.json
	npm ci --no-fund --no-audit
	@touch node_modules
