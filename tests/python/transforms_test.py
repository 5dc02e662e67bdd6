"""slabring.transforms against the library's table, and against torchvision's signatures and objects."""

import inspect
import json
import unittest
import warnings

import slabring
from slabring import _slabring
from slabring import transforms as T

try:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torchvision warns that it cannot load its own image library
        import torch
        from torchvision import transforms as tv
except ImportError:
    tv = None

TABLE = {op["op"]: op["parameters"] for op in json.loads(_slabring.describe_transforms())}


class Table(unittest.TestCase):
    def test_every_transform_of_the_library_has_its_class(self):
        for name in TABLE:
            self.assertTrue(issubclass(getattr(T, name), T.Transform), name)
            self.assertIn(name, T.__all__)

    def test_parameters_and_defaults_are_the_tables(self):
        for name, parameters in TABLE.items():
            ours = inspect.signature(getattr(T, name)).parameters
            self.assertEqual(set(ours), {p["name"] for p in parameters}, name)
            for parameter in parameters:
                default = ours[parameter["name"]].default
                if "default" in parameter:
                    self.assertEqual(json.loads(json.dumps(default)), parameter["default"], name)
                else:
                    self.assertIs(default, inspect.Parameter.empty, name)

    @unittest.skipIf(tv is None, "python3-torchvision is not there")
    def test_parameters_stand_in_torchvisions_order(self):
        for name in TABLE:
            theirs = getattr(tv, name, None)
            if theirs is None:
                continue
            order = list(inspect.signature(theirs).parameters)
            ours = list(inspect.signature(getattr(T, name)).parameters)
            self.assertEqual(ours, [p for p in order if p in ours], name)


class Steps(unittest.TestCase):
    def test_values_are_checked_when_a_step_is_made(self):
        with self.assertRaisesRegex(slabring.InvalidArgument, r"size: \[-1, -1\]"):
            T.CenterCrop(-1)
        with self.assertRaisesRegex(slabring.InvalidArgument, "nearest, box, bilinear"):
            T.Resize(20, "bilinar")
        with self.assertRaises(TypeError):
            T.CenterCrop()

    def test_steps_show_their_parameters_and_are_equal_when_these_are(self):
        self.assertEqual(repr(T.Resize(256, T.InterpolationMode.BICUBIC)), "Resize(size=256, interpolation='bicubic')")
        self.assertEqual(T.CenterCrop(224), T.CenterCrop((224, 224)))
        self.assertNotEqual(T.CenterCrop(224), T.CenterCrop(225))
        self.assertEqual(len({T.RandomInvert(), T.RandomInvert(0.5), T.RandomInvert(0.1)}), 2)

    def test_lists_hold_steps(self):
        step = T.RandomApply([T.ColorJitter(0.4), T.RandomChoice([T.Grayscale(3), T.RandomInvert()])], p=0.3)
        self.assertEqual(step.to_dict()["transforms"][1]["transforms"][0]["op"], "Grayscale")
        self.assertEqual(T.Compose.from_json(T.Compose([step]).to_json()), T.Compose([step]))

    def test_what_is_no_transform_is_refused(self):
        with self.assertRaisesRegex(TypeError, "no transform"):
            T.Compose(["Resize"])

    def test_to_tensor_says_the_type_of_the_result(self):
        self.assertEqual(T.Compose([T.CenterCrop(8), T.ToTensor()]).dtype, "f32")
        self.assertEqual(T.Compose([T.PILToTensor(), T.ConvertImageDtype("torch.float16")]).dtype, "f16")

    def test_the_pipelines_of_the_command_are_there(self):
        self.assertEqual([step.op for step in T.train(32).transforms], ["RandomResizedCrop", "RandomHorizontalFlip", "Normalize"])
        self.assertEqual([step.op for step in T.val(32, normalize=False).transforms], ["Resize", "CenterCrop"])


@unittest.skipIf(tv is None, "python3-torchvision is not there")
class FromTorchvision(unittest.TestCase):
    def same(self, theirs, ours):
        self.assertEqual(T.from_torchvision(theirs), T.Compose(ours))

    def test_a_training_pipeline_becomes_ours(self):
        mean, std = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
        self.same(tv.Compose([tv.RandomResizedCrop(224, (0.2, 1), interpolation=tv.InterpolationMode.BICUBIC),
                              tv.RandomHorizontalFlip(0.3), tv.RandomApply([tv.ColorJitter(0.4, 0.3, (0.5, 1.5), 0.1)], 0.8),
                              tv.RandomGrayscale(0.2), tv.GaussianBlur(23, (0.1, 2.0)), tv.ToTensor(), tv.Normalize(mean, std),
                              tv.RandomErasing(value="random")]),
                  [T.RandomResizedCrop(224, (0.2, 1), interpolation="bicubic"), T.RandomHorizontalFlip(0.3),
                   T.RandomApply([T.ColorJitter(0.4, 0.3, (0.5, 1.5), 0.1)], 0.8), T.RandomGrayscale(0.2),
                   T.GaussianBlur(23, (0.1, 2.0)), T.ToTensor(), T.Normalize(mean, std), T.RandomErasing(value="random")])

    def test_every_transform_that_both_have_is_converted_with_its_parameters(self):
        made = {
            "Resize": [((256,), {}), (((20, 30),), {}), ((20,), {"max_size": 40}), (([24],), {})], "CenterCrop": [((7,), {})],
            "RandomResizedCrop": [((8,), {"ratio": (1, 2)})], "RandomVerticalFlip": [((0.1,), {})],
            "Pad": [((1,), {}), (((1, 2),), {"fill": (1, 2, 3)}), (((1, 2, 3, 4),), {"padding_mode": "reflect"})],
            "RandomCrop": [((8,), {"padding": 4}), ((8,), {"pad_if_needed": True, "fill": 9})],
            "RandomRotation": [((30,), {}), (((-10, 20),), {"expand": True, "center": (1, 2)})],
            "RandomAffine": [((10,), {}), ((10, (0.1, 0.2), (0.9, 1.1), 5), {}), ((0,), {"shear": (1, 2, 3, 4)})],
            "RandomPerspective": [((0.3,), {})], "ColorJitter": [((), {}), ((0.1, 0.2, 0.3, 0.4), {})],
            "Grayscale": [((), {}), ((3,), {})], "RandomAdjustSharpness": [((2,), {})], "RandomAutocontrast": [((), {})],
            "RandomEqualize": [((0.2,), {})], "RandomPosterize": [((4,), {})], "RandomSolarize": [((128,), {})],
            "RandomInvert": [((), {})], "GaussianBlur": [((5,), {}), (((5, 7),), {"sigma": 1.0})],
            "AutoAugment": [((), {}), ((tv.AutoAugmentPolicy.SVHN,), {})], "RandAugment": [((3, 5), {})],
            "TrivialAugmentWide": [((), {})], "AugMix": [((), {"severity": 5})],
        }
        for name, calls in made.items():
            for arguments, options in calls:
                with self.subTest(name, arguments=arguments, options=options):
                    ours = [24] if arguments == ([24],) else arguments  # torchvision: one number in a list is the shorter side
                    self.same(getattr(tv, name)(*arguments, **options), [getattr(T, name)(*ours, **options)])

    def test_lists_of_transforms_are_converted(self):
        self.same([tv.RandomChoice([tv.RandomInvert(), tv.Grayscale(3)]), tv.RandomOrder([tv.RandomInvert(), tv.RandomEqualize()])],
                  [T.RandomChoice([T.RandomInvert(), T.Grayscale(3)]), T.RandomOrder([T.RandomInvert(), T.RandomEqualize()])])
        self.same(tv.RandomApply(torch.nn.ModuleList([tv.ColorJitter(0.4)]), 0.1), [T.RandomApply([T.ColorJitter(0.4)], 0.1)])

    def test_pipelines_within_pipelines_and_sequences_of_torch_are_flat(self):
        self.same(tv.Compose([tv.Compose([tv.Resize(9), [tv.CenterCrop(8)]]), tv.ToTensor()]), [T.Resize(9), T.CenterCrop(8), T.ToTensor()])
        self.same(torch.nn.Sequential(tv.CenterCrop(8), tv.ConvertImageDtype(torch.float32)), [T.CenterCrop(8), T.ToTensor()])
        self.same([tv.ToPILImage(), tv.CenterCrop(8)], [T.CenterCrop(8)])

    def test_interpolation_and_antialias_mean_what_they_mean_for_images(self):
        for mode in tv.InterpolationMode:
            self.same(tv.Resize(9, mode), [T.Resize(9, mode.value)])
        for antialias in (None, True, False):  # an image is always resized with it
            self.same(tv.Resize(9, antialias=antialias), [T.Resize(9)])
        self.same(tv.RandomRotation(9, tv.InterpolationMode.BICUBIC), [T.RandomRotation(9, "bicubic")])

    def test_what_only_moves_pixels_may_stand_behind_the_conversion(self):
        normalize = tv.Normalize(torch.tensor([0.5] * 3), torch.tensor([0.5] * 3))
        self.same([tv.ToTensor(), tv.RandomCrop(8, padding=2), tv.RandomHorizontalFlip(), normalize, tv.RandomVerticalFlip(), tv.RandomErasing()],
                  [T.RandomCrop(8, padding=2), T.RandomHorizontalFlip(), T.RandomVerticalFlip(), T.ToTensor(), T.Normalize([0.5] * 3, [0.5] * 3),
                   T.RandomErasing()])
        noise = torch.randint(0, 256, (3, 11, 10), dtype=torch.uint8)
        theirs = [tv.ConvertImageDtype(torch.float32), tv.CenterCrop(8), tv.RandomHorizontalFlip(1.0), normalize]
        loader = slabring.DataLoader(slabring.TensorDataset(noise.permute(1, 2, 0)[None].numpy()), num_workers=0, output="torch",
                                     transform=T.from_torchvision(theirs))
        self.assertTrue(torch.equal(next(iter(loader)).images[0], tv.Compose(theirs)(noise)))

    def test_classes_of_v2_are_known_by_their_names_and_attributes(self):
        def v2(class_name, **attributes):  # Debian's torchvision has none of them
            return type(class_name, (), {"__module__": "torchvision.transforms.v2", **attributes})()

        image, pure, rgb = v2("ToImage"), v2("ToPureTensor"), v2("RGB")
        scaled, unscaled = v2("ToDtype", dtype=torch.float32, scale=True), v2("ToDtype", dtype=torch.float32, scale=False)
        resize = v2("Resize", size=[9], interpolation=tv.InterpolationMode.BILINEAR, max_size=None, antialias=True)
        compose = v2("Compose", transforms=[rgb, resize, image, scaled, pure])
        self.same(compose, [T.Resize(9), T.ToTensor()])
        self.same([v2("MixUp", num_classes=3, alpha=0.5)], [T.MixUp(3, 0.5)])
        with self.assertRaisesRegex(TypeError, "scale=True"):
            T.from_torchvision([unscaled])
        with self.assertRaisesRegex(TypeError, "Resize stands behind ToImage.*in front of ToImage"):
            T.from_torchvision([image, resize])
        with self.assertRaisesRegex(TypeError, "GaussianNoise.*not among"):
            T.from_torchvision([v2("GaussianNoise", __call__=abs)])

    def test_conversions_say_the_type(self):
        self.assertEqual(T.from_torchvision([tv.PILToTensor(), tv.ConvertImageDtype(torch.float16)]).dtype, "f16")
        self.assertIsNone(T.from_torchvision(tv.CenterCrop(8)).dtype)

    def test_what_cannot_be_converted_is_named_with_the_reason(self):
        for theirs, words in ((tv.Lambda(abs), "Lambda.*numpy's uint8 arrays"), (abs, "abs.*numpy's uint8 arrays"),
                              ([tv.ToTensor(), tv.Lambda(abs)], "Lambda.*numpy's uint8 arrays"),
                              (tv.TenCrop(8), "TenCrop.*several images"), (tv.RandomApply([tv.FiveCrop(8)]), "FiveCrop.*several images"),
                              (tv.LinearTransformation(torch.eye(3), torch.zeros(3)), "LinearTransformation.*in the loop"),
                              (tv.ElasticTransform(), "ElasticTransform.*not among slabring's transforms.*numpy"),
                              (tv.Compose([tv.ToTensor(), tv.Resize(8)]), "Resize stands behind ToTensor.*in front of ToTensor"),
                              ([tv.PILToTensor(), tv.ColorJitter(0.1)], "ColorJitter stands behind PILToTensor"),
                              ([tv.ToTensor(), tv.RandomCrop(8, 2, fill=9)], "RandomCrop stands behind"),
                              ([tv.Normalize([0.5], [0.5]), tv.CenterCrop(8)], "CenterCrop stands behind Normalize"),
                              ([tv.ToTensor(), tv.RandomErasing(), tv.RandomHorizontalFlip()], "RandomHorizontalFlip stands behind"),
                              ([tv.ToTensor(), tv.ToPILImage(), tv.Resize(8)], "leave out ToTensor"),
                              (tv.RandomApply([tv.ToTensor()]), "ToTensor.*within another"),
                              (tv.ConvertImageDtype(torch.int32), "ConvertImageDtype.torch.int32.*bfloat16"),
                              (tv.Resize, r"Resize is a class.*Resize\(\.\.\.\)"), (None, "None.*no transform"), (["Resize"], "'Resize'.*no transform")):
            with self.subTest(theirs), self.assertRaisesRegex(TypeError, words):
                T.from_torchvision(theirs)
        with self.assertRaisesRegex(TypeError, "from_torchvision"):
            T.Compose([tv.CenterCrop(8)])
        with self.assertRaisesRegex(TypeError, "from_torchvision"):
            slabring.ImageFolder("/", tv.Compose([tv.CenterCrop(8)]))


if __name__ == "__main__":
    unittest.main()
