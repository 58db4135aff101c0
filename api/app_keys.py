"""What handlers find in the application, under typed keys."""

from aiohttp import web

from api.addresses import Addresses
from api.catalogue import Catalogue
from api.desk import Desk
from api.model_pulls import Pulls
from api.pictures import Pictures
from api.presenting import Presenter
from jobs.dispatcher import Dispatcher
from jobs.hub import Hub
from jobs.store import JobStore

ADDRESSES = web.AppKey("addresses", Addresses)
STORE = web.AppKey("store", JobStore)
HUB = web.AppKey("hub", Hub)
DISPATCHER = web.AppKey("dispatcher", Dispatcher)
CATALOGUE = web.AppKey("catalogue", Catalogue)
DESK = web.AppKey("desk", Desk)
PICTURES = web.AppKey("pictures", Pictures)
PRESENTER = web.AppKey("presenter", Presenter)
PULLS = web.AppKey("pulls", Pulls)
MAX_BODY_BYTES = web.AppKey("max_body_bytes", int)
