"""What Serverless Devs makes of s.yaml and of the .env beside it, for whoever reads them: deploy, harness and ops.

document.py     the file with its values filled in
dotenv.py       .env
expressions.py  ${env()} and ${vars}
"""
